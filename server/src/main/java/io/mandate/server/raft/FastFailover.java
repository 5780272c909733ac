package io.mandate.server.raft;

import com.alipay.sofa.jraft.core.NodeImpl;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.option.RaftOptions;
import com.alipay.sofa.jraft.util.Endpoint;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Shortens the election timeout when there can be no leader: its process is known to be dead (its connection broke, and
 * its host refuses a new one), or this node has just started and knows none. The configured timeout can then be long
 * enough for a busy machine. Timeouts stay short until there is a leader; after a death, for at most a second. Pre-vote
 * stays enabled, so that no election disturbs a leader that others still hear. This detects a dead process, not a dead
 * host. It must not be combined with reads by leader lease, which depend on the full timeout.
 */
final class FastFailover {
    private static final Logger LOG = LoggerFactory.getLogger(FastFailover.class);

    /** Covers a round trip and two fsyncs. */
    private static final int STEP_MILLIS = 30;

    /**
     * The delay between two candidates, so that the first has won before the second starts, also on a busy machine,
     * where it waits for a processor. With 30 ms votes split there, and the next attempt was seconds later.
     */
    private static final int STAGGER_MILLIS = 200;

    private static final int JITTER_MILLIS = 10;
    private static final long RESTORE_MILLIS = 1_000;

    /** The timeout of a node that has just started: three cold JVMs respond to each other within it. */
    private static final int STARTING_MILLIS = 300;

    /** Runs a task later; see the transport's timer. */
    interface Timer {
        void runLater(Runnable task, long delayMillis);
    }

    private final NodeImpl node;
    private final RaftOptions raftOptions;
    private final ReplicaOptions options;
    private final KnownLeader leadership;
    private final List<PeerId> members;
    private final PeerId self;
    private final Timer timer;
    private boolean shortened;

    /**
     * Creates the shortcut.
     *
     * @param members all members, in the order in which they become candidates
     */
    FastFailover(
            NodeImpl node,
            RaftOptions raftOptions,
            ReplicaOptions options,
            KnownLeader leadership,
            List<PeerId> members,
            PeerId self,
            Timer timer) {
        this.node = node;
        this.raftOptions = raftOptions;
        this.options = options;
        this.leadership = leadership;
        this.members = members;
        this.self = self;
        this.timer = timer;
    }

    /** Called when the engine has started. */
    synchronized void started() {
        if (options.groups() > 1 || options.electionTimeoutMillis() <= STARTING_MILLIS) {
            return; // many groups that start at once need the full timeout
        }
        shortened = true;
        raftOptions.setMaxElectionDelayMs(STARTING_MILLIS);
        node.resetElectionTimeoutMs(STARTING_MILLIS);
        if (leadership.leader() != null) {
            restore();
        }
    }

    /** Called when a member's port refuses connections. */
    synchronized void portClosed(Endpoint peer) {
        PeerId leader = leadership.leaderElsewhere();
        if (shortened || leader == null || !peer.equals(leader.getEndpoint())) {
            return;
        }
        shortened = true;
        int timeoutMillis = STEP_MILLIS + rankWithout(leader) * STAGGER_MILLIS;
        LOG.info("leader-process-gone leader={} election-timeout-millis={}", peer, timeoutMillis);
        raftOptions.setMaxElectionDelayMs(JITTER_MILLIS);
        node.resetElectionTimeoutMs(timeoutMillis);
        // The timer is set. The same option also determines for how long this node, having heard the leader, denies its
        // vote: that must be the first candidate's time, or the nodes with a later timeout would deny it.
        node.getOptions().setElectionTimeoutMs(STEP_MILLIS);
        timer.runLater(this::restore, RESTORE_MILLIS);
    }

    /** This member's position, from 0, among the remaining members. */
    private int rankWithout(PeerId leader) {
        return members.stream()
                .filter(member -> !member.equals(leader))
                .toList()
                .indexOf(self);
    }

    /** Restores the timeouts: there is a leader again, or the election takes so long that there is another cause. */
    synchronized void restore() {
        if (shortened) {
            shortened = false;
            raftOptions.setMaxElectionDelayMs((int) options.electionTimeoutMillis());
            node.resetElectionTimeoutMs((int) options.electionTimeoutMillis());
        }
    }
}
