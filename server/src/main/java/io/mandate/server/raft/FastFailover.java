package io.mandate.server.raft;

import com.alipay.sofa.jraft.core.NodeImpl;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.option.RaftOptions;
import com.alipay.sofa.jraft.util.Endpoint;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does not wait for the election time-out where there can be no leader to wait for: its process is known to be dead
 * (its connection broke, and its machine refuses a new one), or this node has just started and heard of none. The
 * election time-out itself can then be long enough for a machine that is busy. The time-outs are shortened until there
 * is a leader; after a death, for a second at most. Pre-vote stays on, so that nothing is disturbed if the others still
 * hear the leader. It sees a dead process, not a dead host; and it must not be combined with reads by leader lease,
 * which count on the full time-out.
 */
final class FastFailover {
    private static final Logger LOG = LoggerFactory.getLogger(FastFailover.class);

    /** Round trip and two fsyncs fit in. */
    private static final int STEP_MILLIS = 30;

    /**
     * How far apart two members stand, so that the first has won before the second wakes: also on a busy machine, where
     * it waits for a processor. With 30 ms their votes split there, and the next try was seconds away.
     */
    private static final int APART_MILLIS = 200;

    private static final int RANDOM_MILLIS = 10;
    private static final long RESTORE_MILLIS = 1_000;

    /** Of a node that has just started: three cold JVMs answer each other within this. */
    private static final int STARTING_MILLIS = 300;

    /** Runs something later; see the transport's timer. */
    interface Later {
        void run(Runnable task, long delayMillis);
    }

    private final NodeImpl node;
    private final RaftOptions raftOptions;
    private final ReplicaOptions options;
    private final KnownLeader leadership;
    private final List<PeerId> members;
    private final PeerId self;
    private final Later later;
    private boolean shortened;

    /**
     * Prepares fast fail-over.
     *
     * @param members all members, in the order in which they stand for election
     */
    FastFailover(
            NodeImpl node,
            RaftOptions raftOptions,
            ReplicaOptions options,
            KnownLeader leadership,
            List<PeerId> members,
            PeerId self,
            Later later) {
        this.node = node;
        this.raftOptions = raftOptions;
        this.options = options;
        this.leadership = leadership;
        this.members = members;
        this.self = self;
        this.later = later;
    }

    /** The engine has started. */
    synchronized void started() {
        if (options.groups() > 1 || options.electionTimeoutMillis() <= STARTING_MILLIS) {
            return; // many groups that start at once need the full time
        }
        shortened = true;
        raftOptions.setMaxElectionDelayMs(STARTING_MILLIS);
        node.resetElectionTimeoutMs(STARTING_MILLIS);
        if (leadership.leader() != null) {
            restore();
        }
    }

    /** A member's port refuses connections. */
    synchronized void portClosed(Endpoint peer) {
        PeerId leader = leadership.leaderElsewhere();
        if (shortened || leader == null || !peer.equals(leader.getEndpoint())) {
            return;
        }
        shortened = true;
        int standAfterMillis = STEP_MILLIS + rankWithout(leader) * APART_MILLIS;
        LOG.info("leader-process-gone leader={} election-timeout-millis={}", peer, standAfterMillis);
        raftOptions.setMaxElectionDelayMs(RANDOM_MILLIS);
        node.resetElectionTimeoutMs(standAfterMillis);
        // The timer is set. The same option also says for how long this node, having heard the leader, denies others
        // its
        // vote: that is the first candidate's time, or it would be denied by those who stand later.
        node.getOptions().setElectionTimeoutMs(STEP_MILLIS);
        later.run(this::restore, RESTORE_MILLIS);
    }

    /** This member's place, from 0, among those who are left. */
    private int rankWithout(PeerId leader) {
        return members.stream()
                .filter(member -> !member.equals(leader))
                .toList()
                .indexOf(self);
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
