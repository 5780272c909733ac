package io.mandate.server.raft;

/** Codes of our own messages between nodes, beside those of {@link Replica.LeaderCall}. Part of the peer wire. */
final class PeerMessages {
    static final int FORWARDED_REQUESTS = 16;
    static final int REPLACE_MEMBER = 17;

    /** How far a member has applied a group's log; a failure if it would not lead. */
    static final int CAN_LEAD = 18;

    private PeerMessages() {}
}
