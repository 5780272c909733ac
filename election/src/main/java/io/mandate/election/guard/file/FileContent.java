package io.mandate.election.guard.file;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The bytes of a file. Immutable; equal to another one with the same bytes. */
final class FileContent {
    static final FileContent EMPTY = new FileContent(new byte[0]);

    private final byte[] bytes;

    private FileContent(byte[] bytes) {
        if (bytes.length > VersionedFile.CONTENT_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "a content of " + bytes.length + " bytes is longer than " + VersionedFile.CONTENT_BYTES_MAX
                            + ": divide it among several files, or keep it elsewhere and a reference to it here");
        }
        this.bytes = bytes;
    }

    static FileContent of(byte[] bytes) {
        return new FileContent(bytes.clone());
    }

    static FileContent of(String text) {
        return new FileContent(text.getBytes(StandardCharsets.UTF_8));
    }

    int size() {
        return bytes.length;
    }

    byte[] bytes() {
        return bytes.clone();
    }

    ByteBuffer buffer() {
        return ByteBuffer.wrap(bytes).asReadOnlyBuffer();
    }

    String text() {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof FileContent content && Arrays.equals(bytes, content.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return bytes.length + " bytes";
    }
}
