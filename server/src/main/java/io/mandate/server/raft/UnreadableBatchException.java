package io.mandate.server.raft;

/** The bytes are not a batch, or one that this release cannot read. */
final class UnreadableBatchException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    UnreadableBatchException(String message) {
        super(message);
    }
}
