package io.mandate.server.raft;

/** A request failed, or its outcome is unknown. Has no stack trace: it is an expected result, and may be frequent. */
public final class ReplicationException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The kind of failure. */
    public enum Kind {
        /** No leader was known; the request was not sent. */
        NO_LEADER(1, false),
        /** The leader was lost while the request was in flight. */
        LEADER_CHANGED(2, true),
        /** There was no response within the request timeout. */
        TIMED_OUT(3, true),
        /** Too many proposals are waiting; the request was not sent. */
        TOO_MANY_REQUESTS(4, false),
        /** The encoded request is larger than the limit; it was not sent. */
        REQUEST_TOO_LARGE(5, false),
        /** The call is for the leader only, and this node is not the leader. */
        NOT_LEADER(6, false),
        /** Leadership cannot be transferred to that member. */
        BAD_TRANSFEREE(7, false),
        /** This node is stopping. */
        STOPPED(8, true);

        private final int code;
        private final boolean indeterminate;

        Kind(int code, boolean indeterminate) {
            this.code = code;
            this.indeterminate = indeterminate;
        }

        /** The code on the peer wire: 1 or more. */
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

        /** Whether the command may have been applied, or may be applied later. */
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
