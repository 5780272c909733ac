package io.mandate.server.raft;

import com.alipay.sofa.jraft.NodeManager;
import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.conf.Configuration;
import com.alipay.sofa.jraft.core.NodeImpl;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.entity.Task;
import com.alipay.sofa.jraft.option.RaftOptions;
import com.alipay.sofa.jraft.util.Endpoint;
import io.mandate.keyspace.Keyspace;
import io.mandate.keyspace.KeyspaceSnapshot;
import io.mandate.keyspace.Outcome;
import io.mandate.keyspace.Request;
import io.mandate.server.raft.ReplicationException.Kind;
import io.mandate.server.raft.transport.PeerListener;
import io.mandate.server.raft.transport.PeerTransport;
import io.mandate.server.raft.transport.TransportException;
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
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A replica on SOFAJRaft: puts together the engine, the transport, group commit, reads, and the guard of identity. Thread-safe.
 *
 * <p>A proposal's way: {@link ProposalQueue} packs it into a {@link Batch}; {@link Way} appends the batch here or forwards it to the leader; the engine
 * replicates it; {@link KeyspaceMachine} applies it and ends the batch, which completes the proposal.
 */
public final class RaftReplica implements Replica, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RaftReplica.class);

    private static final long TICK_MILLIS = 10;
    private static final long HAND_OVER_MILLIS_MAX = 1_500;
    private static final long ENGINE_STOP_MILLIS_MAX = 2_500;

    /** How long a node with an empty disk waits to hear whether the others know it with another one. */
    private static final long INTRODUCTION_MILLIS_MAX = 2_000;

    private final ReplicaOptions options;
    private final Identity identity;
    private final PeerTransport transport;
    private final PeerId self;
    private final List<PeerId> others;
    private final Map<String, Long> memberIds;
    private final KeyspaceMachine machine;
    private final ProposalQueue queue;
    private final Map<Integer, LeaderCallHandler> callHandlers = new ConcurrentHashMap<>();
    private final ScheduledExecutorService housekeeping =
            Executors.newScheduledThreadPool(2, task -> daemon(task, "replica-housekeeping"));
    private final CompletableFuture<String> failure = new CompletableFuture<>();
    private final AtomicLong highestTerm = new AtomicLong();
    private final AtomicLong leaderChanges = new AtomicLong();
    private volatile long leaderTerm;
    private volatile @Nullable PeerId leader;
    private volatile long appliedIndex;
    private long commandsSinceSnapshot;
    private @Nullable Started started;

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
        this.queue = new ProposalQueue(new Way(), options);
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
        return leaderChanges.get();
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
        introduce();
        identity.settle();
        boolean replacing = identity.isReplacing();
        transport.refuseVotes(replacing);
        RaftOptions raftOptions = Engine.raftOptions(options);
        Configuration initial = replacing ? new Configuration() : new Configuration(Engine.peers(options));
        NodeImpl node = Engine.start(self, Engine.nodeOptions(options, raftOptions, transport, machine, initial));
        ReadRounds reads = new ReadRounds(node, () -> leaderTerm, options.requestTimeoutMillis());
        FastFailOver fastFailOver = new FastFailOver(
                node,
                raftOptions,
                options,
                this::leaderEndpoint,
                Engine.peers(options).indexOf(self),
                transport::later);
        started = new Started(
                node, reads, new CommitPush(Engine.GROUP, self, others, transport.engineClient()), fastFailOver);
        transport.handle(PeerMessages.REPLACE_MEMBER, MemberReplacement.answering(node, () -> leaderTerm != 0));
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

    private void takenInAgain() {
        identity.replaced();
        transport.refuseVotes(false);
    }

    /** Connects to all others beforehand. With an empty disk, hears first whether one of them objects. */
    private void introduce() {
        List<CompletableFuture<String>> verdicts =
                others.stream().map(this::verdictOf).toList();
        others.forEach(peer -> transport.connect(peer.getEndpoint()));
        if (!identity.isFresh() || identity.isReplacing()) {
            return;
        }
        for (CompletableFuture<String> verdict : verdicts) {
            String objection = verdict.completeOnTimeout("", INTRODUCTION_MILLIS_MAX, TimeUnit.MILLISECONDS)
                    .join();
            if (!objection.isEmpty()) {
                identity.close();
                transport.close();
                throw new IdentityException("the cluster refuses this node: " + objection);
            }
        }
    }

    /** What a peer says to our hello: an objection, or nothing. */
    private CompletableFuture<String> verdictOf(PeerId peer) {
        CompletableFuture<String> verdict = new CompletableFuture<>();
        transport.addListener(new PeerListener() {
            @Override
            public void connected(Endpoint connected) {
                if (connected.equals(peer.getEndpoint())) {
                    verdict.complete("");
                }
            }

            @Override
            public void portClosed(Endpoint absent) {
                if (absent.equals(peer.getEndpoint())) {
                    verdict.complete("");
                }
            }

            @Override
            public void refused(Endpoint refusing, String reason) {
                if (refusing.equals(peer.getEndpoint())) {
                    verdict.complete(reason);
                }
            }
        });
        return verdict;
    }

    private void tick() {
        queue.tick(System.nanoTime());
        Started running = started;
        if (running != null) {
            running.reads().tick();
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
        PeerId known = leader;
        if (leaderTerm != 0) {
            LeaderCallHandler handler = callHandlers.get(kind.code());
            return handler == null
                    ? CompletableFuture.failedFuture(new IllegalStateException("no handler for " + kind))
                    : handler.answer(question);
        }
        if (known == null || known.equals(self)) {
            return CompletableFuture.failedFuture(new ReplicationException(Kind.NO_LEADER, "no leader is known"));
        }
        CompletableFuture<byte[]> answer = new CompletableFuture<>();
        transport
                .call(known.getEndpoint(), kind.code(), question, options.requestTimeoutMillis())
                .whenComplete((bytes, failed) -> {
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
        Started running = started;
        PeerId known = leader;
        return new ReplicaStatus(
                options.clusterId(),
                options.memberId(),
                known == null ? 0 : memberIds.getOrDefault(known.getEndpoint().toString(), 0L),
                highestTerm.get(),
                running == null ? 0 : running.node().getLastLogIndex(),
                running == null ? 0 : running.node().getLastCommittedIndex(),
                appliedIndex,
                queue.pending());
    }

    @Override
    public CompletableFuture<KeyspaceSnapshot> snapshot() {
        return CompletableFuture.completedFuture(machine.capture());
    }

    @Override
    public long term() {
        return highestTerm.get();
    }

    private @Nullable Endpoint leaderEndpoint() {
        PeerId known = leader;
        return known == null ? null : known.getEndpoint();
    }

    @Override
    public CompletableFuture<Void> moveLeader(long memberId) {
        if (leaderTerm == 0) {
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
        Status status = running().node().transferLeadershipTo(Engine.peerAt(address));
        return status.isOk()
                ? CompletableFuture.completedFuture(null)
                : CompletableFuture.failedFuture(new ReplicationException(Kind.BAD_TRANSFEREE, status.getErrorMsg()));
    }

    /** Answers requests that another node forwards: all of them at once, when each has its outcome. */
    private CompletableFuture<byte[]> proposeForwarded(byte[] question) {
        if (leaderTerm == 0) {
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

    /** Gives leadership to the follower that has most of the log, if this node has it; returns when that is done, or has failed. */
    public void handOver() {
        Started running = started;
        if (running == null || leaderTerm == 0 || others.isEmpty()) {
            return;
        }
        CompletableFuture<Void> handedOver = new CompletableFuture<>();
        machine.addListener(new ReplicaListener() {
            @Override
            public void leadershipLost() {
                handedOver.complete(null);
            }
        });
        Status status = running.node().transferLeadershipTo(PeerId.ANY_PEER);
        if (status.isOk()) {
            handedOver
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

    /** Where batches go: into the engine's log if this node leads, else to the leader. */
    private final class Way implements ProposalQueue.Route {
        @Override
        public boolean isOpen() {
            PeerId known = leader;
            return leaderTerm != 0
                    || (known != null && !known.equals(self) && transport.isConnected(known.getEndpoint()));
        }

        @Override
        public void send(Batch batch) {
            long term = leaderTerm;
            PeerId known = leader;
            if (term != 0) {
                Task task = new Task(batch.encode(), batch);
                task.setExpectedTerm(term);
                running().node().apply(task);
            } else if (known != null && !known.equals(self)) {
                transport
                        .call(
                                known.getEndpoint(),
                                PeerMessages.FORWARDED_REQUESTS,
                                batch.encode().array(),
                                options.requestTimeoutMillis())
                        .whenComplete((answer, failed) -> answered(batch, answer, failed));
            } else {
                batch.failNotAppended("no leader");
            }
        }

        private void answered(Batch batch, byte @Nullable [] answer, @Nullable Throwable failed) {
            if (failed instanceof TransportException sending && sending.isNeverSent()) {
                batch.failNotAppended(String.valueOf(sending.getMessage()));
            } else if (answer == null) {
                batch.failUnknown("forwarding failed: " + (failed == null ? "" : failed.getMessage()));
            } else if (answer[0] == OutcomesCodec.NOT_LEADER) {
                batch.failNotAppended("the node asked does not lead");
            } else {
                batch.succeedWith(ByteBuffer.wrap(answer, 1, answer.length - 1));
            }
        }
    }

    /** Keeps track of what the engine says about leadership and progress. */
    private final class EngineNews implements KeyspaceMachine.Observer {
        @Override
        public void applied(long index, long term, int commands) {
            appliedIndex = index;
            long leading = leaderTerm;
            Started running = started;
            if (running == null) {
                return;
            }
            if (leading != 0 && leading == term && queue.batchesUnderWay() <= 1) {
                running.commitPush().push(leading, index, term);
            }
            commandsSinceSnapshot += commands;
            if (commandsSinceSnapshot >= options.snapshotCommands()) {
                commandsSinceSnapshot = 0;
                running.node().snapshot(status -> LOG.debug("snapshot status={}", status));
            }
        }

        private void sawTerm(long term) {
            highestTerm.accumulateAndGet(term, Math::max);
        }

        @Override
        public void leading(long term) {
            sawTerm(term);
            leader = self;
            leaderTerm = term;
            leaderChanges.incrementAndGet();
            settled();
        }

        @Override
        public void notLeading() {
            leaderTerm = 0;
            leader = null;
        }

        @Override
        public void following(PeerId newLeader, long term) {
            sawTerm(term);
            leader = newLeader;
            leaderChanges.incrementAndGet();
            settled();
        }

        private void settled() {
            Started running = started;
            if (running != null) {
                running.fastFailOver().restore();
            }
            queue.drive();
        }

        @Override
        public void leaderUnknown() {
            leader = null;
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
