package io.mandate.server.raft;

import com.alipay.sofa.jraft.Node;
import com.alipay.sofa.jraft.NodeManager;
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
import io.mandate.server.raft.ReplicationException.Kind;
import io.mandate.server.raft.transport.PeerListener;
import io.mandate.server.raft.transport.PeerTransport;
import io.mandate.server.raft.transport.TransportMeters;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A replica on SOFAJRaft: puts together the engine, the transport, group commit, reads, and the guard of identity. Thread-safe.
 *
 * <p>A proposal's way: {@link ProposalQueue} packs it into a {@link Batch}; {@link ProposalRoute} appends the batch here or forwards it to the leader; the engine
 * replicates it; {@link KeyspaceMachine} applies it and ends the batch, which completes the proposal.
 */
public final class RaftReplica implements Replica, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RaftReplica.class);

    /** What waits for a leader is started when there is one; the tick is for the rest, and each costs an idle node some of its processor. */
    private static final long TICK_MILLIS = 50;

    private static final long HAND_OVER_MILLIS_MAX = 1_500;
    private static final long ENGINE_STOP_MILLIS_MAX = 2_500;

    private final ReplicaOptions options;
    private final Identity identity;
    private final PeerTransport transport;
    private final PeerId self;
    private final List<PeerId> others;
    private final Map<String, Long> memberIds;
    private final KeyspaceMachine machine;
    private final Leadership leadership;
    private final LeaderCalls leaderCalls;
    private final ProposalQueue queue;
    private final Map<Integer, LeaderCallHandler> callHandlers = new ConcurrentHashMap<>();
    private final ScheduledExecutorService housekeeping =
            Executors.newScheduledThreadPool(2, task -> daemon(task, "replica-housekeeping"));
    private final CompletableFuture<String> failure = new CompletableFuture<>();
    private volatile long committedIndex;
    private volatile long appliedIndex;
    private long commandsSinceSnapshot;
    private volatile @Nullable Started started;

    /** What exists only once the engine runs. */
    private record Started(NodeImpl node, ReadRounds reads, CommitPush commitPush, FastFailOver fastFailOver) {}

    /**
     * Opens the data directory and the peer port; {@link #start} joins the cluster.
     *
     * @throws IdentityException if the data directory belongs to another node or cluster, or is in use
     */
    public RaftReplica(ReplicaOptions options) {
        this.options = options;
        this.identity = Identity.open(options);
        this.transport = new PeerTransport(
                identity.hello(), options.listenAddress().getPort(), identity::objectionTo, options.security());
        this.self = Engine.peerAt(options.ownAddress());
        this.others = Engine.peers(options).stream()
                .filter(peer -> !peer.equals(self))
                .toList();
        this.memberIds = options.peers().entrySet().stream()
                .collect(Collectors.toMap(
                        member -> member.getValue().getHostString() + ":"
                                + member.getValue().getPort(),
                        Map.Entry::getKey));
        this.machine = new KeyspaceMachine(options.keyspaceLimits(), new EngineNews(), housekeeping);
        this.leadership = new Leadership(self);
        this.leaderCalls = new LeaderCalls(transport, leadership, options.requestTimeoutMillis());
        this.queue = new ProposalQueue(
                new ProposalRoute(
                        leadership, leaderCalls, transport, () -> running().node()),
                options);
    }

    private static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    @Override
    public void answerCalls(LeaderCall kind, LeaderCallHandler handler) {
        callHandlers.put(kind.code(), handler);
        transport.handle(kind.code(), handler::answer);
    }

    @Override
    public void addListener(ReplicaListener listener) {
        machine.addListener(listener);
    }

    /** Completes with the reason if the engine fails: the node is of no use any more. */
    public CompletableFuture<String> failure() {
        return failure;
    }

    public TransportMeters transportMeters() {
        return transport.meters();
    }

    public long leaderChanges() {
        return leadership.changes();
    }

    public long failedProposals() {
        return queue.failed();
    }

    /**
     * Joins the cluster.
     *
     * @throws IdentityException if the other members know this one with another disk
     */
    @Override
    public synchronized void start() {
        try {
            transport.listen(options.listenAddress());
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
        transport.handle(PeerMessages.FORWARDED_REQUESTS, this::proposeForwarded);
        List<PeerId> strangers = identity.isFresh() && !identity.isReplacing() ? others : List.of();
        Introduction introduction = new Introduction(transport, strangers);
        others.forEach(peer -> transport.connect(peer.getEndpoint()));
        introduction.objection().ifPresent(this::refused);
        identity.settle();
        boolean replacing = identity.isReplacing();
        transport.refuseVotes(replacing);
        RaftOptions raftOptions = Engine.raftOptions(options);
        Configuration initial = replacing ? new Configuration() : new Configuration(Engine.peers(options));
        NodeImpl node = Engine.start(
                self, options.dataDirectory(), Engine.nodeOptions(options, raftOptions, transport, machine, initial));
        ReadRounds reads = new ReadRounds(node::readIndex, leadership::ownTerm, options.requestTimeoutMillis());
        FastFailOver fastFailOver =
                new FastFailOver(node, raftOptions, options, leadership, Engine.peers(options), self, transport::later);
        started = new Started(
                node, reads, new CommitPush(Engine.GROUP, self, others, transport.engineClient()), fastFailOver);
        transport.handle(PeerMessages.REPLACE_MEMBER, MemberReplacement.answering(node, this::leads));
        transport.addListener(new PeerListener() {
            @Override
            public void portClosed(Endpoint peer) {
                fastFailOver.portClosed(peer);
            }
        });
        if (replacing) {
            MemberReplacement.ask(transport, self, others, this::takenInAgain);
        }
        housekeeping.scheduleWithFixedDelay(this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
        housekeeping.scheduleWithFixedDelay(machine::trim, 1, 1, TimeUnit.SECONDS);
    }

    private void refused(String objection) {
        identity.close();
        transport.close();
        throw new IdentityException("the cluster refuses this node: " + objection);
    }

    private void takenInAgain() {
        identity.replaced();
        transport.refuseVotes(false);
    }

    private void tick() {
        queue.tick(System.nanoTime());
        Started running = started;
        if (running != null) {
            running.reads().tick();
            committedIndex = position(running.node(), Node::getLastCommittedIndex);
        }
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
        return running().reads().join(false).thenAccept(term -> {});
    }

    @Override
    public CompletableFuture<Long> proveLeadership() {
        return running().reads().join(true);
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
        return new ReplicaStatus(
                options.clusterId(),
                options.memberId(),
                known == null ? 0 : memberIds.getOrDefault(known.getEndpoint().toString(), 0L),
                leadership.highestTerm(),
                Math.max(committedIndex, appliedIndex),
                appliedIndex,
                queue.pending());
    }

    /** A position of the engine, 0 if it has failed or stopped. May wait for the engine's disk, so it is not for the threads of the door. */
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

    private boolean leads() {
        return leadership.ownTerm() != 0;
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
        PeerId target = Engine.peerAt(address);
        Status status = running().node().transferLeadershipTo(target);
        if (!status.isOk()) {
            return CompletableFuture.failedFuture(new ReplicationException(Kind.BAD_TRANSFEREE, status.getErrorMsg()));
        }
        CompletableFuture<Void> moved = leadership.await(target::equals);
        transport.later(
                () -> moved.completeExceptionally(new ReplicationException(
                        Kind.TIMED_OUT, "member " + Long.toHexString(memberId) + " has not taken over")),
                options.requestTimeoutMillis());
        return moved;
    }

    /** Answers requests that another node forwards: all of them at once, when each has its outcome. */
    private CompletableFuture<byte[]> proposeForwarded(byte[] question) {
        if (!leads()) {
            return CompletableFuture.completedFuture(OutcomesCodec.notLeader());
        }
        List<Proposal> proposals =
                Batch.decode(ByteBuffer.wrap(question)).stream().map(queue::add).toList();
        CompletableFuture<byte[]> answer = new CompletableFuture<>();
        CompletableFuture.allOf(
                        proposals.stream().map(proposal -> proposal.outcome).toArray(CompletableFuture<?>[]::new))
                .whenComplete((all, failed) -> answer.complete(OutcomesCodec.write(proposals)));
        return answer;
    }

    @Override
    public synchronized void stop() {
        Started running = started;
        handOver();
        queue.stop();
        if (running != null) {
            running.reads().stop();
            CompletableFuture<Void> engineStopped = new CompletableFuture<>();
            running.node().shutdown(status -> engineStopped.complete(null));
            engineStopped
                    .completeOnTimeout(null, ENGINE_STOP_MILLIS_MAX, TimeUnit.MILLISECONDS)
                    .join();
            NodeManager.getInstance().removeAddress(self.getEndpoint());
        }
        housekeeping.shutdown();
        transport.close();
        identity.close();
        LOG.info("replica-stopped member={}", Long.toHexString(options.memberId()));
    }

    /** Gives leadership to the follower that has most of the log, if this node has it; returns when another node leads, or that has failed. */
    public void handOver() {
        Started running = started;
        if (running == null || !leads() || others.isEmpty()) {
            return;
        }
        Status status = running.node().transferLeadershipTo(PeerId.ANY_PEER);
        if (status.isOk()) {
            leadership
                    .await(leader -> !leader.equals(self))
                    .completeOnTimeout(null, HAND_OVER_MILLIS_MAX, TimeUnit.MILLISECONDS)
                    .join();
        } else {
            LOG.warn("hand-over-failed reason=\"{}\"", status.getErrorMsg());
        }
    }

    @Override
    public void close() {
        stop();
    }

    /** Passes on what the engine says about leadership and progress. */
    private final class EngineNews implements KeyspaceMachine.Observer {
        @Override
        public void applied(long index, long term, int commands) {
            appliedIndex = index;
            Started running = started;
            if (running == null) {
                return;
            }
            long leading = leadership.ownTerm();
            if (leading == term && position(running.node(), Node::getLastLogIndex) <= index) {
                // Nothing behind it: no append will carry the news.
                running.commitPush().push(leading, index, term);
            }
            commandsSinceSnapshot += commands;
            if (commandsSinceSnapshot >= options.snapshotCommands()) {
                commandsSinceSnapshot = 0;
                running.node().snapshot(status -> LOG.debug("snapshot status={}", status));
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
                running.reads().tick();
            }
            queue.drive();
        }

        @Override
        public void leaderUnknown() {
            leadership.leaderUnknown();
        }

        @Override
        public void configurationCommitted(Configuration configuration) {
            LOG.info("configuration members={}", configuration);
        }

        @Override
        public void failed(String why) {
            failure.complete(why);
        }
    }
}
