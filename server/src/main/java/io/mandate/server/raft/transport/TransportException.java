package io.mandate.server.raft.transport;

/** A message could not be sent, or was not answered, or makes no sense. Without stack trace: it is frequent while a peer is away. */
public final class TransportException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public TransportException(String message) {
        super(message, null, false, false);
    }
}
