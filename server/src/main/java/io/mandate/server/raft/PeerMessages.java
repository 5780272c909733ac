package io.mandate.server.raft;

/**
 * The codes of our own messages between nodes, in addition to those of {@link Replica.LeaderCall}. Part of the peer
 * wire.
 */
final class PeerMessages {
    static final int FORWARDED_REQUESTS = 16;
    static final int REPLACE_MEMBER = 17;

    /** The index up to which a member has applied a group's log; fails if the member does not accept leadership. */
    static final int CAN_LEAD = 18;

    private PeerMessages() {}
}
