package io.mandate.server.raft;

/** The data directory does not belong to the cluster, or an operator must act first. The message names the remedy. */
public final class IdentityException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public IdentityException(String message) {
        super(message);
    }
}
