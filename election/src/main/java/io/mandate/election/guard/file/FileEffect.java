package io.mandate.election.guard.file;

import java.nio.charset.StandardCharsets;

/** What an operation makes of a file, and what it answers. Immutable. */
public final class FileEffect {
    private final byte[] content;
    private final String result;

    private FileEffect(byte[] content, String result) {
        this.content = content;
        this.result = result;
    }

    /**
     * An effect.
     *
     * @param result up to {@value VersionedFile#RESULT_BYTES_MAX} bytes of UTF-8; given again to whoever repeats the operation
     */
    public static FileEffect of(byte[] content, String result) {
        return new FileEffect(content.clone(), result);
    }

    /** As {@link #of(byte[], String)}, with content in UTF-8. */
    public static FileEffect of(String content, String result) {
        return new FileEffect(content.getBytes(StandardCharsets.UTF_8), result);
    }

    byte[] content() {
        return content;
    }

    String result() {
        return result;
    }
}
