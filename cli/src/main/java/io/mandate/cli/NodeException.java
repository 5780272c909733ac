package io.mandate.cli;

/** A node cannot start; the message says why and what to do. */
public final class NodeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public NodeException(String message) {
        super(message);
    }
}
