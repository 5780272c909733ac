package io.mandate.election.guard.file;

import java.nio.ByteBuffer;

/** A file as it was at one moment. Immutable. */
public final class FileVersion {
    private final long version;
    private final long token;
    private final FileContent content;

    FileVersion(long version, long token, FileContent content) {
        this.version = version;
        this.token = token;
        this.content = content;
    }

    /** Counts the writes, from 1. */
    public long version() {
        return version;
    }

    /** The fencing token of the term that wrote it: the largest that has written so far. */
    public long token() {
        return token;
    }

    /** A copy of the content. */
    public byte[] bytes() {
        return content.bytes();
    }

    /** The content without a copy; read-only. */
    public ByteBuffer buffer() {
        return content.buffer();
    }

    /** The content read as UTF-8; bytes that are none become U+FFFD. */
    public String text() {
        return content.text();
    }

    @Override
    public String toString() {
        return "version " + version + " (token " + token + ", " + content + ")";
    }
}
