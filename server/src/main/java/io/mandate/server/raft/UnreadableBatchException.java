package io.mandate.server.raft;

/** Bytes that are no batch, or one that this release cannot read. */
final class UnreadableBatchException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    UnreadableBatchException(String message) {
        super(message);
    }
}
