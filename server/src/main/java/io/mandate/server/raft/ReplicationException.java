package io.mandate.server.raft;

/**
 * A request could not be carried out, or what came of it cannot be known. Carries no stack trace: it is an answer, and
 * may be frequent.
 */
public final class ReplicationException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What happened. */
    public enum Kind {
        /** No leader was known, nothing was sent. */
        NO_LEADER(1, false),
        /** The leader was lost while the request was under way. */
        LEADER_CHANGED(2, true),
        /** No answer within the request time-out. */
        TIMED_OUT(3, true),
        /** Too many proposals wait already, nothing was sent. */
        TOO_MANY_REQUESTS(4, false),
        /** The encoded request is larger than the limit, nothing was sent. */
        REQUEST_TOO_LARGE(5, false),
        /** The call is for the leader only, and this node does not lead. */
        NOT_LEADER(6, false),
        /** Leadership cannot go to that member. */
        BAD_TRANSFEREE(7, false),
        /** This node is stopping. */
        STOPPED(8, true);

        private final int code;
        private final boolean indeterminate;

        Kind(int code, boolean indeterminate) {
            this.code = code;
            this.indeterminate = indeterminate;
        }

        /** The kind on the peer wire: 1 or more. */
        int code() {
            return code;
        }

        static Kind ofCode(int code) {
            for (Kind kind : values()) {
                if (kind.code == code) {
                    return kind;
                }
            }
            throw new IllegalArgumentException("no kind of failure has code " + code);
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
