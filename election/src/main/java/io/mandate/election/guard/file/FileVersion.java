package io.mandate.election.guard.file;

import java.nio.charset.StandardCharsets;

/** A version of a file. Immutable. */
public final class FileVersion {
    private final long version;
    private final long token;
    private final byte[] content;

    FileVersion(long version, long token, byte[] content) {
        this.version = version;
        this.token = token;
        this.content = content;
    }

    /** Counts from 1. */
    public long version() {
        return version;
    }

    /** The fencing token of the term that wrote it. */
    public long token() {
        return token;
    }

    /** A copy of the content. */
    public byte[] bytes() {
        return content.clone();
    }

    /** The content as UTF-8. */
    public String text() {
        return new String(content, StandardCharsets.UTF_8);
    }

    @Override
    public String toString() {
        return "version " + version + " (token " + token + ", " + content.length + " bytes)";
    }
}
