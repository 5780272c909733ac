package io.mandate.server.raft;

import com.alipay.sofa.jraft.Node;
import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.conf.Configuration;
import com.alipay.sofa.jraft.core.NodeImpl;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.option.RaftOptions;
import com.alipay.sofa.jraft.util.Endpoint;
import io.mandate.keyspace.Keyspace;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.Request;
import io.mandate.keyspace.snapshot.KeyspaceSnapshot;
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
 * A replica of one group on SOFAJRaft: assembles the engine, group commit and reads; its {@link RaftHost} has what all
 * groups of a node share. Thread-safe.
 *
 * <p>A proposal's path: {@link ProposalQueue} packs it into a {@link RequestBatch}; {@link ProposalRoute} appends the
 * batch on this node or forwards it to the leader; the engine replicates it; {@link KeyspaceMachine} applies it and
 * completes the batch and its proposals.
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
    private final LeaderClient leaderClient;
    private final ProposalQueue queue;
    private final Map<Integer, LeaderCallHandler> callHandlers = new ConcurrentHashMap<>();
    private volatile long committedIndex;
    private volatile @Nullable EngineLog engineLog;
    private long commandsSinceSnapshot;
    private volatile @Nullable Started started;

    /** The components that exist only while the engine runs. */
    private record Started(NodeImpl node, ReadIndexBatcher reads, CommitPush commitPush, FastFailover fastFailover) {}

    /** Creates the replica of a group; its host starts it. */
    RaftReplica(RaftHost host, int group) {
        this.host = host;
        this.group = group;
        this.options = host.options();
        this.transport = host.transport();
        this.self = host.self();
        this.machine = new KeyspaceMachine(
                group, options.keyspaceLimits(), host.versions(), new EngineObserver(), host.snapshots());
        this.leadership = new KnownLeader(self);
        this.noLeaderWarning = new NoLeaderWarning(
                group, leadership, host.members().size(), this::connectedMembers, options.electionTimeoutMillis());
        this.leaderClient = new LeaderClient(transport, group, leadership, options.requestTimeoutMillis());
        this.queue = new ProposalQueue(
                new ProposalRoute(leadership, leaderClient, transport, this::engine, host::commonVersion),
                host.batchWindow(),
                options);
    }

    /** The group's number, from 0. */
    public int group() {
        return group;
    }

    @Override
    public void handleCalls(LeaderCall kind, LeaderCallHandler handler) {
        callHandlers.put(kind.code(), handler);
        transport.handle(group, kind.code(), handler::handle);
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

    /** Whether a snapshot, the leader's or the one on disk, is being loaded. */
    public boolean isLoadingSnapshot() {
        return machine.isLoading();
    }

    /** The ReadIndex rounds that timed out and were retried. */
    public long slowReadRounds() {
        Started running = started;
        return running == null ? 0 : running.reads().slow();
    }

    /** The linearizable reads that failed because no majority responded. */
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
     * @param log the node's log
     * @param replacing whether this member must be readmitted before it may vote
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
        Collections.rotate(candidates, -group); // otherwise one member would take over all groups of a dead one
        FastFailover fastFailover =
                new FastFailover(node, raftOptions, options, leadership, candidates, self, transport::later);
        started = new Started(
                node,
                reads,
                new CommitPush(PeerTransport.groupId(group), self, host.others(), transport.engineClient()),
                fastFailover);
        fastFailover.started();
        transport.handle(
                group, PeerMessages.REPLACE_MEMBER, MemberReplacement.handler(node, host.others(), this::leads));
    }

    /** Called when a member's process has died. */
    void portClosed(Endpoint peer) {
        running().fastFailover().portClosed(peer);
    }

    /** Requests the readmission of this member to the group; completes when it is readmitted. */
    CompletableFuture<Void> readmitted() {
        CompletableFuture<Void> readmitted = new CompletableFuture<>();
        MemberReplacement.requestReadmission(transport, group, self, host.others(), () -> readmitted.complete(null));
        return readmitted;
    }

    /** Must be called every few milliseconds. */
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

    /** Joins a ReadIndex round. The engine may lead for a moment before this replica is ready. */
    private CompletableFuture<Long> round(boolean leadersOnly) {
        Started running = started;
        return running == null
                ? CompletableFuture.failedFuture(new ReplicationException(Kind.NO_LEADER, "this node is starting"))
                : running.reads().join(leadersOnly);
    }

    @Override
    public CompletableFuture<byte[]> callLeader(LeaderCall kind, byte[] request) {
        if (leads()) {
            LeaderCallHandler handler = callHandlers.get(kind.code());
            return handler == null
                    ? CompletableFuture.failedFuture(new IllegalStateException("no handler for " + kind))
                    : handler.handle(request);
        }
        PeerId leader = leadership.leaderElsewhere();
        if (leader == null) {
            return CompletableFuture.failedFuture(new ReplicationException(Kind.NO_LEADER, "no leader is known"));
        }
        CompletableFuture<byte[]> response = new CompletableFuture<>();
        leaderClient.call(leader, kind.code(), request).whenComplete((bytes, failed) -> {
            if (failed == null) {
                response.complete(bytes);
            } else {
                response.completeExceptionally(
                        new ReplicationException(Kind.LEADER_CHANGED, String.valueOf(failed.getMessage())));
            }
        });
        return response;
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
     * Reads a log index of the engine, 0 if it has failed or stopped. May wait for the engine's disk, so it must not be
     * called on the threads of the API.
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
            return CompletableFuture.failedFuture(
                    new ReplicationException(Kind.NOT_LEADER, "this node is not the leader"));
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
     * Transfers leadership to another member, or with {@link PeerId#ANY_PEER} to the one with the longest log;
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

    /** Answers requests that another node forwards: with all outcomes at once, when the last one is complete. */
    private CompletableFuture<byte[]> proposeForwarded(byte[] request) {
        if (!leads()) {
            return CompletableFuture.completedFuture(OutcomesCodec.notLeader());
        }
        List<Proposal> proposals = queue.proposeAll(RequestBatch.decode(ByteBuffer.wrap(request), host.versions()));
        CompletableFuture<byte[]> response = new CompletableFuture<>();
        CompletableFuture.allOf(
                        proposals.stream().map(proposal -> proposal.outcome).toArray(CompletableFuture<?>[]::new))
                .whenComplete((all, failed) -> response.complete(OutcomesCodec.write(proposals)));
        return response;
    }

    /** Fails pending requests and stops the engine; completes when it has stopped. */
    CompletableFuture<Void> stop() {
        queue.stop();
        Started running = started;
        if (running == null) {
            return CompletableFuture.completedFuture(null);
        }
        running.reads().stop();
        return Engine.stop(running.node());
    }

    /** Handles the engine's notifications of leadership and progress. */
    private final class EngineObserver implements KeyspaceMachine.Observer {
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
        public void published(long index, long term) {
            Started running = started;
            long leading = leadership.ownTerm();
            if (running != null
                    && leading == term
                    && !queue.hasBatchInFlight()
                    && position(running.node(), Node::getLastLogIndex) <= index) {
                // No later entry, in the log or in flight, will carry the commit index.
                running.commitPush().push(leading, index, term);
            }
        }

        @Override
        public void leading(long term) {
            leadership.leading(term);
            leaderChanged(self);
        }

        @Override
        public void notLeading() {
            leadership.notLeading();
        }

        @Override
        public void following(PeerId leader, long term) {
            leadership.following(leader, term);
            leaderChanged(leader);
        }

        private void leaderChanged(PeerId leader) {
            leaderClient.failCallsToOthers(leader);
            Started running = started;
            if (running != null) {
                running.fastFailover().restore();
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
        public void failed(String reason) {
            EngineLog opened = engineLog;
            host.failed(group, opened == null ? reason : opened.firstFailure().orElse(reason));
        }
    }
}
