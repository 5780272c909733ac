package io.mandate.server.raft;

import com.alipay.sofa.jraft.Node;
import com.alipay.sofa.jraft.option.RaftOptions;
import com.alipay.sofa.jraft.util.Endpoint;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does not wait for the election time-out when the leader's process is known to be dead: its connection broke, and its machine refuses a new one. The
 * time-outs are shortened for one round and restored when there is a leader, or after a second. Pre-vote stays on, so that nothing is disturbed if the
 * others still hear the leader. It sees a dead process, not a dead host; and it must not be combined with reads by leader lease, which count on the
 * full time-out.
 */
final class FastFailOver {
    private static final Logger LOG = LoggerFactory.getLogger(FastFailOver.class);

    /** Round trip and two fsyncs fit in; also how far apart two members start, so that the first has won before the second wakes. */
    private static final int STEP_MILLIS = 30;

    private static final int RANDOM_MILLIS = 10;
    private static final long RESTORE_MILLIS = 1_000;

    /** Runs something later; see the transport's timer. */
    interface Later {
        void run(Runnable task, long delayMillis);
    }

    private final Node node;
    private final RaftOptions raftOptions;
    private final ReplicaOptions options;
    private final Supplier<@Nullable Endpoint> leader;
    private final int rank;
    private final Later later;
    private boolean shortened;

    /**
     * Prepares fast fail-over.
     *
     * @param rank place of this member among all, from 0: who stands first
     */
    FastFailOver(
            Node node,
            RaftOptions raftOptions,
            ReplicaOptions options,
            Supplier<@Nullable Endpoint> leader,
            int rank,
            Later later) {
        this.node = node;
        this.raftOptions = raftOptions;
        this.options = options;
        this.leader = leader;
        this.rank = rank;
        this.later = later;
    }

    /** A member's port refuses connections. */
    synchronized void portClosed(Endpoint peer) {
        if (shortened || !peer.equals(leader.get())) {
            return;
        }
        shortened = true;
        LOG.info("leader-process-gone leader={} election-timeout-millis={}", peer, timeoutMillis());
        raftOptions.setMaxElectionDelayMs(RANDOM_MILLIS);
        node.resetElectionTimeoutMs(timeoutMillis());
        later.run(this::restore, RESTORE_MILLIS);
    }

    private int timeoutMillis() {
        return STEP_MILLIS + rank * STEP_MILLIS;
    }

    /** There is a leader again, or it takes so long that something else is wrong. */
    synchronized void restore() {
        if (shortened) {
            shortened = false;
            raftOptions.setMaxElectionDelayMs((int) options.electionTimeoutMillis());
            node.resetElectionTimeoutMs((int) options.electionTimeoutMillis());
        }
    }
}
