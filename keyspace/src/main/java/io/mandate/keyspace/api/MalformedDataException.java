package io.mandate.keyspace.api;

/**
 * Bytes that are not what they were taken for: damaged, cut off, or written by a newer version. The message says what
 * and what to do.
 */
public final class MalformedDataException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public MalformedDataException(String message) {
        super(message);
    }
}
