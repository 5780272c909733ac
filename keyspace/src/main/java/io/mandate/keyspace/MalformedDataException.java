package io.mandate.keyspace;

/**
 * Bytes that are not what they were taken for: damaged, cut off, or written by a newer version. The message says what
 * and what to do.
 */
public final class MalformedDataException extends RuntimeException {
    private static final long serialVersionUID = 1;

    MalformedDataException(String message) {
        super(message);
    }
}
