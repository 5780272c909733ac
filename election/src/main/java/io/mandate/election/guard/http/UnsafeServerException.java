package io.mandate.election.guard.http;

/**
 * The server does not do what the guard relies on, so that writes through it would not be fenced. The message says
 * what, and what would help.
 */
public final class UnsafeServerException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnsafeServerException(String message) {
        super(message);
    }
}
