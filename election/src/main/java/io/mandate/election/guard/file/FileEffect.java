package io.mandate.election.guard.file;

/** What an operation makes of a file, and what it answers. Immutable. */
public final class FileEffect {
    private final FileContent content;
    private final String result;

    private FileEffect(FileContent content, String result) {
        this.content = content;
        this.result = result;
    }

    /**
     * An effect.
     *
     * @param content the file's next content, up to {@value VersionedFile#CONTENT_BYTES_MAX} bytes
     * @param result up to {@value VersionedFile#RESULT_BYTES_MAX} bytes of UTF-8; given again to whoever repeats the
     *     operation
     */
    public static FileEffect of(byte[] content, String result) {
        return new FileEffect(FileContent.of(content), result);
    }

    /** As {@link #of(byte[], String)}, with content in UTF-8. */
    public static FileEffect of(String content, String result) {
        return new FileEffect(FileContent.of(content), result);
    }

    FileContent content() {
        return content;
    }

    String result() {
        return result;
    }
}
