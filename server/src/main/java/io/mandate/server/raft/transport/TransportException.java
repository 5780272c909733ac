package io.mandate.server.raft.transport;

/**
 * A message could not be sent, had no response, or is malformed. Has no stack trace: it is frequent while a peer is
 * down.
 */
public sealed class TransportException extends RuntimeException permits VersionsApartException {
    private static final long serialVersionUID = 1L;

    private final boolean neverSent;

    public TransportException(String message) {
        this(message, false);
    }

    TransportException(String message, boolean neverSent) {
        super(message, null, false, false);
        this.neverSent = neverSent;
    }

    /** Whether the message certainly did not leave this node. */
    public boolean isNeverSent() {
        return neverSent;
    }
}
