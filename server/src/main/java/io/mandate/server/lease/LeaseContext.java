package io.mandate.server.lease;

import io.mandate.server.raft.Replica;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;

/** What the parts of the keeper share. All of it belongs to the keeper's thread. */
final class LeaseContext {
    final Replica replica;
    final LeaseClock clock = new LeaseClock();

    /** Renewals that this node has granted as the leader. */
    final LongAdder renewed = new LongAdder();

    /** Runs something on the keeper's thread, in its next turn. */
    final Executor loop;

    /** The term this node leads in, 0 if it does not lead. */
    long leaderTerm;

    /** {@link SuspensionAwareClock} of this turn: read after everything that the turn deals with had come in. */
    long nowNanos;

    /** How often the process has stood: a proof from before proves nothing about the time since (L3). */
    int suspensions;

    LeaseContext(Replica replica, Executor loop) {
        this.replica = replica;
        this.loop = loop;
    }

    boolean isLeading() {
        return leaderTerm != 0;
    }
}
