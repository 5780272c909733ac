package io.mandate.server.raft;

import io.mandate.keyspace.Keyspace;
import io.mandate.keyspace.KeyspaceSnapshot;
import io.mandate.keyspace.Outcome;
import io.mandate.keyspace.Request;
import java.util.concurrent.CompletableFuture;

/**
 * This node's copy of a group's replicated keyspace, and the way to change it. Thread-safe; no method blocks. Every
 * future ends within the request time-out, at the worst with a {@link ReplicationException}; it may complete on an
 * engine thread, so what hangs on it must be short and must not block.
 */
public interface Replica {

    /**
     * Has the command replicated and applied, whichever node leads. A future that fails with a kind that
     * {@linkplain ReplicationException.Kind#isIndeterminate() is indeterminate} leaves open whether the command was or
     * will be applied.
     */
    CompletableFuture<Outcome> propose(Request request);

    /**
     * Completes once the local keyspace holds everything that was acknowledged to anyone before this call (Raft thesis
     * §6.4, ReadIndex).
     */
    CompletableFuture<Void> readBarrier();

    /**
     * Completes with the term if this node was the leader at some moment after the call, proven by a majority, and has
     * applied everything committed before; fails with {@link ReplicationException.Kind#NOT_LEADER} otherwise.
     */
    CompletableFuture<Long> proveLeadership();

    /**
     * Sends bytes to the leader's handler of {@code kind} and completes with its answer; runs the handler here if this
     * node leads. Fails with NO_LEADER, TIMED_OUT or LEADER_CHANGED.
     */
    CompletableFuture<byte[]> askLeader(LeaderCall kind, byte[] question);

    /**
     * Installs what answers {@link #askLeader} calls of {@code kind} on this node. To be done before the node starts.
     */
    void answerCalls(LeaderCall kind, LeaderCallHandler handler);

    /** Adds a listener. To be done before the node starts. */
    void addListener(StateMachineListener listener);

    /** The data; reads of it are local, put {@link #readBarrier} before them where they must be linearizable. */
    Keyspace keyspace();

    ReplicaStatus status();

    /** The latest term this node has seen, as in {@link #status} but cheap enough for every answer. Never falls. */
    long term();

    /** Takes the data as they are now, to be read beside what is applied on; the caller closes it. */
    CompletableFuture<KeyspaceSnapshot> snapshot();

    /**
     * Hands leadership to {@code memberId}; NOT_LEADER if this node does not lead, BAD_TRANSFEREE if there is no such
     * other member.
     */
    CompletableFuture<Void> moveLeader(long memberId);

    /** Questions that one node asks the leader beside commands. The codes are part of the peer wire. */
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

    /**
     * Answers a call of another node, or of this one. Must not block. Throws IllegalArgumentException if the question
     * makes no sense.
     */
    interface LeaderCallHandler {
        CompletableFuture<byte[]> answer(byte[] question);
    }
}
