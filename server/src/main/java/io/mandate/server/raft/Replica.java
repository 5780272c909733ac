package io.mandate.server.raft;

import io.mandate.keyspace.Keyspace;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.Request;
import io.mandate.keyspace.snapshot.KeyspaceSnapshot;
import java.util.concurrent.CompletableFuture;

/**
 * This node's replica of a group's keyspace, and the interface to change it. Thread-safe; no method blocks. Every
 * future completes within the request timeout, or fails with a {@link ReplicationException}; it may complete on an
 * engine thread, so dependent stages must be short and must not block.
 */
public interface Replica {

    /**
     * Replicates and applies the command, whichever node leads. If the future fails with a kind that
     * {@linkplain ReplicationException.Kind#isIndeterminate() is indeterminate}, the command may have been applied or
     * may be applied later.
     */
    CompletableFuture<Outcome> propose(Request request);

    /**
     * Completes once the local keyspace has everything that was acknowledged to any client before this call (Raft
     * thesis §6.4, ReadIndex).
     */
    CompletableFuture<Void> readBarrier();

    /**
     * Completes with the term if this node was the leader at some moment after the call, proven by a majority, and has
     * applied everything committed before; fails with {@link ReplicationException.Kind#NOT_LEADER} otherwise.
     */
    CompletableFuture<Long> proveLeadership();

    /**
     * Calls the leader's handler of {@code kind} and completes with its response; calls the local handler if this node
     * leads. Fails with NO_LEADER, TIMED_OUT or LEADER_CHANGED.
     */
    CompletableFuture<byte[]> callLeader(LeaderCall kind, byte[] request);

    /**
     * Installs the handler of {@link #callLeader} calls of {@code kind} on this node. Must be called before the node
     * starts.
     */
    void handleCalls(LeaderCall kind, LeaderCallHandler handler);

    /** Adds a listener. Must be called before the node starts. */
    void addListener(StateMachineListener listener);

    /** The local keyspace; a linearizable read needs a {@link #readBarrier} first. */
    Keyspace keyspace();

    ReplicaStatus status();

    /**
     * The latest term that this node has seen, as in {@link #status} but cheap enough for every response. Never
     * decreases.
     */
    long term();

    /** Captures the current state, which can be read while entries are applied; the caller closes it. */
    CompletableFuture<KeyspaceSnapshot> snapshot();

    /**
     * Transfers leadership to {@code memberId}. Fails with NOT_LEADER if this node does not lead, BAD_TRANSFEREE if
     * there is no such other member.
     */
    CompletableFuture<Void> moveLeader(long memberId);

    /** Calls to the leader other than commands. The codes are part of the peer wire. */
    enum LeaderCall {
        RENEW_LEASES(1),
        LEASE_TIME_TO_LIVE(2);

        private final int code;

        LeaderCall(int code) {
            this.code = code;
        }

        public int code() {
            return code;
        }
    }

    /** Handles calls of other nodes, and of this one, to the leader. */
    interface LeaderCallHandler {
        /**
         * Handles one call, and must not block.
         *
         * @throws IllegalArgumentException if the request is malformed
         */
        CompletableFuture<byte[]> handle(byte[] request);
    }
}
