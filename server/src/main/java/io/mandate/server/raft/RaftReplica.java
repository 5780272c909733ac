package io.mandate.server.raft;

import com.alipay.sofa.jraft.Node;
import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.conf.Configuration;
import com.alipay.sofa.jraft.core.NodeImpl;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.option.RaftOptions;
import com.alipay.sofa.jraft.util.Endpoint;
import io.mandate.keyspace.Keyspace;
import io.mandate.keyspace.KeyspaceSnapshot;
import io.mandate.keyspace.Outcome;
import io.mandate.keyspace.Request;
import io.mandate.server.log.SegmentLog;
import io.mandate.server.raft.ReplicationException.Kind;
import io.mandate.server.raft.transport.PeerTransport;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A replica of one group on SOFAJRaft: puts together the engine, group commit and reads; what all groups of a node
 * share is its {@link RaftHost}'s. Thread-safe.
 *
 * <p>A proposal's way: {@link ProposalQueue} packs it into a {@link RequestBatch}; {@link ProposalRoute} appends the
 * batch here or forwards it to the leader; the engine replicates it; {@link KeyspaceMachine} applies it and ends the
 * batch, which completes the proposal.
 */
public final class RaftReplica implements Replica {
    private static final Logger LOG = LoggerFactory.getLogger(RaftReplica.class);

    private final RaftHost host;
    private final int group;
    private final ReplicaOptions options;
    private final PeerTransport transport;
    private final PeerId self;
    private final KeyspaceMachine machine;
    private final KnownLeader leadership;
    private final NoLeaderWarning noLeaderWarning;
    private final LeaderClient leaderCalls;
    private final ProposalQueue queue;
    private final Map<Integer, LeaderCallHandler> callHandlers = new ConcurrentHashMap<>();
    private volatile long committedIndex;
    private volatile @Nullable EngineLog engineLog;
    private long commandsSinceSnapshot;
    private volatile @Nullable Started started;

    /** What exists only once the engine runs. */
    private record Started(NodeImpl node, ReadIndexBatcher reads, CommitPush commitPush, FastFailover fastFailOver) {}

    /** Prepares the replica of a group; its host starts it. */
    RaftReplica(RaftHost host, int group) {
        this.host = host;
        this.group = group;
        this.options = host.options();
        this.transport = host.transport();
        this.self = host.self();
        this.machine = new KeyspaceMachine(
                group, options.keyspaceLimits(), host.versions(), new EngineNews(), host.snapshots());
        this.leadership = new KnownLeader(self);
        this.noLeaderWarning = new NoLeaderWarning(
                group, leadership, host.members().size(), this::connectedMembers, options.electionTimeoutMillis());
        this.leaderCalls = new LeaderClient(transport, group, leadership, options.requestTimeoutMillis());
        this.queue = new ProposalQueue(
                new ProposalRoute(leadership, leaderCalls, transport, this::engine, host::commonVersion),
                host.batchWindow(),
                options);
    }

    /** The group's number, from 0. */
    public int group() {
        return group;
    }

    @Override
    public void answerCalls(LeaderCall kind, LeaderCallHandler handler) {
        callHandlers.put(kind.code(), handler);
        transport.handle(group, kind.code(), handler::answer);
    }

    @Override
    public void addListener(StateMachineListener listener) {
        machine.addListener(listener);
    }

    public long leaderChanges() {
        return leadership.changes();
    }

    public ApplyMeters applyMeters() {
        return machine.meters();
    }

    /** Whether a leader's snapshot, or the one on disk, is being loaded. */
    public boolean isLoadingSnapshot() {
        return machine.isLoading();
    }

    /** Proofs for linearizable reads that took too long and were tried again. */
    public long slowReadRounds() {
        Started running = started;
        return running == null ? 0 : running.reads().slow();
    }

    /** Linearizable reads that failed because no majority answered. */
    public long failedReads() {
        Started running = started;
        return running == null ? 0 : running.reads().failed();
    }

    public long failedProposals() {
        return queue.failed();
    }

    /**
     * Starts the group's engine.
     *
     * @param log the node's
     * @param replacing whether this member is to be taken in again before it may vote
     */
    void start(SegmentLog log, boolean replacing) {
        transport.handle(group, PeerMessages.FORWARDED_REQUESTS, this::proposeForwarded);
        RaftOptions raftOptions = Engine.raftOptions(options);
        Configuration initial = replacing ? new Configuration() : new Configuration(host.members());
        EngineLog ownLog = EngineLog.open(log, group);
        engineLog = ownLog;
        NodeImpl node = Engine.start(
                group, self, Engine.nodeOptions(options, group, raftOptions, transport, ownLog, machine, initial));
        ReadIndexBatcher reads =
                new ReadIndexBatcher(node::readIndex, leadership::ownTerm, options.requestTimeoutMillis());
        List<PeerId> candidates = new ArrayList<>(host.members());
        Collections.rotate(candidates, -group); // or one member would take over all the groups of one that died
        FastFailover fastFailOver =
                new FastFailover(node, raftOptions, options, leadership, candidates, self, transport::later);
        started = new Started(
                node,
                reads,
                new CommitPush(PeerTransport.groupId(group), self, host.others(), transport.engineClient()),
                fastFailOver);
        fastFailOver.started();
        transport.handle(
                group, PeerMessages.REPLACE_MEMBER, MemberReplacement.answering(node, host.others(), this::leads));
    }

    /** A member's process has died. */
    void portClosed(Endpoint peer) {
        running().fastFailOver().portClosed(peer);
    }

    /** Asks for this member's place in the group; completes when it has it. */
    CompletableFuture<Void> takenInAgain() {
        CompletableFuture<Void> taken = new CompletableFuture<>();
        MemberReplacement.ask(transport, group, self, host.others(), () -> taken.complete(null));
        return taken;
    }

    /** To be called every few milliseconds. */
    void tick(long nowNanos) {
        queue.tick(nowNanos);
        noLeaderWarning.tick(nowNanos);
        Started running = started;
        if (running != null) {
            running.reads().tick(nowNanos);
            committedIndex = position(running.node(), Node::getLastCommittedIndex);
        }
    }

    private int connectedMembers() {
        return 1
                + (int) host.others().stream()
                        .filter(other -> transport.isConnected(other.getEndpoint()))
                        .count();
    }

    void trim() {
        machine.trim();
    }

    private @Nullable Node engine() {
        Started running = started;
        return running == null ? null : running.node();
    }

    private Started running() {
        Started running = started;
        if (running == null) {
            throw new IllegalStateException("the replica has not been started");
        }
        return running;
    }

    @Override
    public CompletableFuture<Outcome> propose(Request request) {
        return queue.propose(request);
    }

    @Override
    public CompletableFuture<Void> readBarrier() {
        return round(false).thenAccept(term -> {});
    }

    @Override
    public CompletableFuture<Long> proveLeadership() {
        return round(true);
    }

    /** The engine may lead a moment before all of this replica is ready. */
    private CompletableFuture<Long> round(boolean leadersOnly) {
        Started running = started;
        return running == null
                ? CompletableFuture.failedFuture(new ReplicationException(Kind.NO_LEADER, "this node is starting"))
                : running.reads().join(leadersOnly);
    }

    @Override
    public CompletableFuture<byte[]> askLeader(LeaderCall kind, byte[] question) {
        if (leads()) {
            LeaderCallHandler handler = callHandlers.get(kind.code());
            return handler == null
                    ? CompletableFuture.failedFuture(new IllegalStateException("no handler for " + kind))
                    : handler.answer(question);
        }
        PeerId elsewhere = leadership.leaderElsewhere();
        if (elsewhere == null) {
            return CompletableFuture.failedFuture(new ReplicationException(Kind.NO_LEADER, "no leader is known"));
        }
        CompletableFuture<byte[]> answer = new CompletableFuture<>();
        leaderCalls.ask(elsewhere, kind.code(), question).whenComplete((bytes, failed) -> {
            if (failed == null) {
                answer.complete(bytes);
            } else {
                answer.completeExceptionally(
                        new ReplicationException(Kind.LEADER_CHANGED, String.valueOf(failed.getMessage())));
            }
        });
        return answer;
    }

    @Override
    public Keyspace keyspace() {
        return machine.keyspace();
    }

    @Override
    public ReplicaStatus status() {
        PeerId known = leadership.leader();
        long applied = machine.keyspace().appliedIndex();
        return new ReplicaStatus(
                options.clusterId(),
                options.memberId(),
                known == null ? 0 : host.memberId(known),
                leadership.highestTerm(),
                Math.max(committedIndex, applied),
                applied,
                queue.pending());
    }

    /**
     * A position of the engine, 0 if it has failed or stopped. May wait for the engine's disk, so it is not for the
     * threads of the door.
     */
    private static long position(NodeImpl node, ToLongFunction<NodeImpl> of) {
        try {
            return of.applyAsLong(node);
        } catch (IllegalStateException inactive) {
            return 0;
        }
    }

    @Override
    public CompletableFuture<KeyspaceSnapshot> snapshot() {
        return CompletableFuture.completedFuture(machine.capture());
    }

    @Override
    public long term() {
        return leadership.highestTerm();
    }

    boolean leads() {
        return started != null && leadership.ownTerm() != 0;
    }

    @Override
    public CompletableFuture<Void> moveLeader(long memberId) {
        if (!leads()) {
            return CompletableFuture.failedFuture(new ReplicationException(Kind.NOT_LEADER, "this node does not lead"));
        }
        var address = options.peers().get(memberId);
        if (address == null) {
            return CompletableFuture.failedFuture(
                    new ReplicationException(Kind.BAD_TRANSFEREE, "there is no member " + Long.toHexString(memberId)));
        }
        if (memberId == options.memberId()) {
            return CompletableFuture.completedFuture(null);
        }
        return transferTo(Engine.peerAt(address));
    }

    /**
     * Gives leadership to another member, or with {@link PeerId#ANY_PEER} to the one that has most of the log;
     * completes when it is known to lead.
     */
    CompletableFuture<Void> transferTo(PeerId target) {
        Status status = running().node().transferLeadershipTo(target);
        if (!status.isOk()) {
            return CompletableFuture.failedFuture(new ReplicationException(Kind.BAD_TRANSFEREE, status.getErrorMsg()));
        }
        CompletableFuture<Void> moved = leadership.await(
                leader -> target.equals(PeerId.ANY_PEER) ? !leader.equals(self) : leader.equals(target));
        transport.later(
                () -> moved.completeExceptionally(
                        new ReplicationException(Kind.TIMED_OUT, "member " + target + " has not taken over")),
                options.requestTimeoutMillis());
        return moved;
    }

    /** Answers requests that another node forwards: all of them at once, when each has its outcome. */
    private CompletableFuture<byte[]> proposeForwarded(byte[] question) {
        if (!leads()) {
            return CompletableFuture.completedFuture(OutcomesCodec.notLeader());
        }
        List<Proposal> proposals = queue.proposeAll(RequestBatch.decode(ByteBuffer.wrap(question), host.versions()));
        CompletableFuture<byte[]> answer = new CompletableFuture<>();
        CompletableFuture.allOf(
                        proposals.stream().map(proposal -> proposal.outcome).toArray(CompletableFuture<?>[]::new))
                .whenComplete((all, failed) -> answer.complete(OutcomesCodec.write(proposals)));
        return answer;
    }

    /** Fails what is pending and stops the engine; completes when it has stopped. */
    CompletableFuture<Void> stop() {
        queue.stop();
        Started running = started;
        if (running == null) {
            return CompletableFuture.completedFuture(null);
        }
        running.reads().stop();
        return Engine.stop(running.node());
    }

    /** Passes on what the engine says about leadership and progress. */
    private final class EngineNews implements KeyspaceMachine.Observer {
        @Override
        public void applied(int commands) {
            Started running = started;
            if (running == null) {
                return;
            }
            commandsSinceSnapshot += commands;
            if (commandsSinceSnapshot >= options.snapshotCommands()) {
                commandsSinceSnapshot = 0;
                running.node().snapshot(status -> LOG.debug("snapshot status={}", status));
            }
        }

        @Override
        public void told(long index, long term) {
            Started running = started;
            long leading = leadership.ownTerm();
            if (running != null
                    && leading == term
                    && !queue.hasBatchUnderWay()
                    && position(running.node(), Node::getLastLogIndex) <= index) {
                // Nothing behind it, in the log or on its way there: no append will carry the news.
                running.commitPush().push(leading, index, term);
            }
        }

        @Override
        public void leading(long term) {
            leadership.leading(term);
            settled(self);
        }

        @Override
        public void notLeading() {
            leadership.notLeading();
        }

        @Override
        public void following(PeerId leader, long term) {
            leadership.following(leader, term);
            settled(leader);
        }

        private void settled(PeerId leader) {
            leaderCalls.abandonOthers(leader);
            Started running = started;
            if (running != null) {
                running.fastFailOver().restore();
                running.reads().tick(System.nanoTime());
            }
            queue.retry();
        }

        @Override
        public void leaderUnknown() {
            leadership.leaderUnknown();
        }

        @Override
        public void configurationCommitted(Configuration configuration) {
            LOG.info("configuration group={} members={}", group, configuration);
        }

        @Override
        public void failed(String why) {
            EngineLog opened = engineLog;
            host.failed(group, opened == null ? why : opened.firstFailure().orElse(why));
        }
    }
}
