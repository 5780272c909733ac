package io.mandate.server.raft;

/**
 * The data directory and the cluster do not belong together, or an operator must decide something first; the message
 * says what to do.
 */
public final class IdentityException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public IdentityException(String message) {
        super(message);
    }
}
