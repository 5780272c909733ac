package io.mandate.server.raft;

/** A request could not be carried out, or what came of it cannot be known. Carries no stack trace: it is an answer, and may be frequent. */
public final class ReplicationException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What happened. */
    public enum Kind {
        /** No leader was known, nothing was sent. */
        NO_LEADER(false),
        /** The leader was lost while the request was under way. */
        LEADER_CHANGED(true),
        /** No answer within the request time-out. */
        TIMED_OUT(true),
        /** Too many proposals wait already, nothing was sent. */
        TOO_MANY_REQUESTS(false),
        /** The encoded request is larger than the limit, nothing was sent. */
        REQUEST_TOO_LARGE(false),
        /** The call is for the leader only, and this node does not lead. */
        NOT_LEADER(false),
        /** Leadership cannot go to that member. */
        BAD_TRANSFEREE(false),
        /** This node is stopping. */
        STOPPED(true);

        private final boolean indeterminate;

        Kind(boolean indeterminate) {
            this.indeterminate = indeterminate;
        }

        /** Whether the command may have been applied, or may yet be. */
        public boolean isIndeterminate() {
            return indeterminate;
        }
    }

    private final Kind kind;

    public ReplicationException(Kind kind, String message) {
        super(message, null, false, false);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
