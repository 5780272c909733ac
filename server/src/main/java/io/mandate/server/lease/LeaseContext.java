package io.mandate.server.lease;

import io.mandate.server.raft.Replica;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;

/** The state that the parts of a {@link LeaseKeeper} share. Confined to the keeper's thread. */
final class LeaseContext {
    final Replica replica;
    final LeaseClock clock = new LeaseClock();

    /** Renewals that this node has granted as the leader; read by any thread. */
    final LongAdder renewed = new LongAdder();

    /** Runs a task on the keeper's thread, in its next run. */
    final Executor loop;

    /** The Raft term in which this node leads, 0 if it does not lead. */
    long leaderTerm;

    /**
     * The {@link SuspensionAwareClock}'s time of this run: read after all input of the run was taken from the queues.
     */
    long nowNanos;

    /** The number of suspensions of the process: a proof from before one proves nothing about the time since (L3). */
    int suspensions;

    LeaseContext(Replica replica, Executor loop) {
        this.replica = replica;
        this.loop = loop;
    }

    boolean isLeading() {
        return leaderTerm != 0;
    }
}
