package io.mandate.server.raft;

import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.util.Endpoint;
import io.mandate.server.log.SegmentLog;
import io.mandate.server.log.SegmentLogOptions;
import io.mandate.server.meter.Histogram;
import io.mandate.server.raft.transport.PeerHello;
import io.mandate.server.raft.transport.PeerListener;
import io.mandate.server.raft.transport.PeerRules;
import io.mandate.server.raft.transport.PeerTransport;
import io.mandate.server.raft.transport.PeerVersions;
import io.mandate.server.raft.transport.TransportMeters;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The state that the replicas of one node share: the identity of its disk, the connections to the other members, the
 * housekeeping threads. Each Raft group of the node is a {@link RaftReplica}; all members have all groups. Thread-safe.
 */
public final class RaftHost implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RaftHost.class);

    /**
     * The interval of checks for timeouts; requests that wait for a leader are sent when there is one, without a tick.
     * Each tick costs processor time of an idle node.
     */
    private static final long TICK_MILLIS = 50;

    /** The interval of removing superseded history from memory. */
    private static final long TRIM_MILLIS = 1_000;

    private static final long HAND_OVER_MILLIS_MAX = 1_500;

    /** Groups whose engines start concurrently: each reads from disk, but all must leave processors to others. */
    private static final int START_THREADS = 4;

    private final ReplicaOptions options;
    private final PeerVersions versions;
    private final Identity identity;
    private final PeerTransport transport;
    private final PeerId self;
    private final List<PeerId> members;
    private final List<PeerId> others;
    private final List<Endpoint> otherEndpoints;
    private final Map<String, Long> memberIds;
    private final InFlightWindow batchWindow = new InFlightWindow();
    private final Histogram logForces = SegmentLog.forceDurations();
    private final List<RaftReplica> replicas;
    private final LeaderPlacement placement;
    private final ScheduledExecutorService housekeeping =
            Executors.newScheduledThreadPool(2, task -> daemon(task, "replica-housekeeping"));
    private final ThreadPoolExecutor snapshots;
    private final CompletableFuture<String> failure = new CompletableFuture<>();
    private @Nullable SegmentLog log;
    private boolean started;
    private boolean prepared;
    private boolean stopped;

    /**
     * Opens the data directory; {@link #start} joins the cluster, {@link #stop} releases everything, started or not.
     *
     * @throws IdentityException if the data directory belongs to another node or cluster, has another number of groups,
     *     or is in use
     */
    public RaftHost(ReplicaOptions options) {
        this(options, PeerVersions.SUPPORTED);
    }

    /** Starts as another release. */
    RaftHost(ReplicaOptions options, PeerVersions versions) {
        this.options = options;
        this.versions = versions;
        this.self = Engine.peerAt(options.ownAddress());
        this.members = Engine.peers(options);
        this.others = members.stream().filter(peer -> !peer.equals(self)).toList();
        this.otherEndpoints = others.stream().map(PeerId::getEndpoint).toList();
        this.memberIds = options.peers().entrySet().stream()
                .collect(Collectors.toMap(
                        member -> member.getValue().getHostString() + ":"
                                + member.getValue().getPort(),
                        Map.Entry::getKey));
        this.identity = Identity.open(options);
        this.transport = openTransport();
        this.snapshots = new ThreadPoolExecutor(
                1, 1, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> daemon(task, "snapshots"));
        snapshots.allowCoreThreadTimeOut(true);
        this.replicas = IntStream.range(0, options.groups())
                .mapToObj(group -> new RaftReplica(this, group))
                .toList();
        this.placement = new LeaderPlacement(transport, self, members, replicas);
    }

    private PeerTransport openTransport() {
        try {
            return new PeerTransport(
                    identity.hello(versions), options.listenAddress().getPort(), new Rules(), options.security());
        } catch (RuntimeException | Error failed) {
            identity.close();
            throw failed;
        }
    }

    private final class Rules implements PeerRules {
        @Override
        public Optional<String> rejectionReason(PeerHello other) {
            return identity.rejectionReason(other);
        }

        @Override
        public boolean isMember(String address) {
            return memberIds.containsKey(address);
        }

        @Override
        public Optional<String> rejectionReason(ByteBuffer entry) {
            return RequestBatch.rejectionReason(entry, versions);
        }
    }

    private static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    /** The node's replicas, indexed by the groups' numbers. */
    public List<RaftReplica> replicas() {
        return replicas;
    }

    /** Completes with the reason if the engine of any group fails; the node is then unusable. */
    public CompletableFuture<String> failure() {
        return failure;
    }

    /** The durations of forces of the log, in seconds. */
    public Histogram logForces() {
        return logForces;
    }

    /** The round-trip times of heartbeats to the other members, in seconds, by member id. */
    public Map<Long, Histogram> roundTrips() {
        return others.stream()
                .collect(Collectors.toMap(
                        this::memberId, other -> transport.meters().roundTrips(other.getEndpoint())));
    }

    public TransportMeters transportMeters() {
        return transport.meters();
    }

    /**
     * Joins the cluster with all groups, once. If this throws, the host has stopped.
     *
     * @throws IdentityException if the other members know this one with another disk, or have another number of groups
     * @throws UncheckedIOException if an address or the disk cannot be used
     */
    public synchronized void start() {
        if (started || stopped) {
            throw new IllegalStateException(
                    "a host can be started once: open another one on " + options.dataDirectory());
        }
        started = true;
        try {
            join();
        } catch (RuntimeException | Error failed) {
            stop();
            throw failed;
        }
    }

    private void join() {
        try {
            transport.listen(options.listenAddress());
        } catch (IOException failed) {
            throw new UncheckedIOException(failed.getMessage(), failed);
        }
        List<PeerId> unknownTo = identity.isFresh() && !identity.isReplacing() ? others : List.of();
        JoinHandshake handshake = new JoinHandshake(transport, unknownTo);
        others.forEach(peer -> transport.connect(peer.getEndpoint()));
        handshake.rejection().ifPresent(rejection -> {
            throw new IdentityException("the cluster rejects this node: " + rejection);
        });
        SegmentLog opened = openLog();
        log = opened;
        identity.initialize();
        boolean replacing = identity.isReplacing();
        transport.refuseVotes(replacing);
        Engine.prepare(self);
        prepared = true;
        placement.start();
        startReplicas(opened, replacing);
        transport.addListener(new PeerListener() {
            @Override
            public void portClosed(Endpoint peer) {
                replicas.forEach(replica -> replica.portClosed(peer));
            }
        });
        if (replacing) {
            CompletableFuture.allOf(
                            replicas.stream().map(RaftReplica::readmitted).toArray(CompletableFuture<?>[]::new))
                    .thenRun(this::readmitted);
        }
        every(TICK_MILLIS, this::tick);
        every(TRIM_MILLIS, () -> replicas.forEach(RaftReplica::trim));
    }

    /** Runs a task periodically. A bug would end the schedule silently, so it ends the node. */
    private void every(long millis, Runnable task) {
        Runnable guarded = () -> {
            try {
                task.run();
            } catch (RuntimeException | Error bug) {
                LOG.error("housekeeping-failed", bug);
                failure.complete("housekeeping failed: " + bug);
                throw bug;
            }
        };
        housekeeping.scheduleWithFixedDelay(guarded, millis, millis, TimeUnit.MILLISECONDS);
    }

    /**
     * The log may be missing only before the directory was initialized; later, a missing log would lose acknowledged
     * entries.
     */
    private SegmentLog openLog() {
        return SegmentLog.open(
                options.dataDirectory().resolve("log"),
                SegmentLogOptions.forGroups(options.groups(), identity.isFresh()),
                logForces);
    }

    private void startReplicas(SegmentLog log, boolean replacing) {
        if (replicas.size() == 1) {
            replicas.get(0).start(log, replacing);
            return;
        }
        ThreadPoolExecutor starters = new ThreadPoolExecutor(
                START_THREADS,
                START_THREADS,
                0,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                task -> daemon(task, "group-start"));
        try {
            CompletableFuture.allOf(replicas.stream()
                            .map(replica -> CompletableFuture.runAsync(() -> replica.start(log, replacing), starters))
                            .toArray(CompletableFuture<?>[]::new))
                    .join();
        } catch (CompletionException failed) {
            throw failed.getCause() instanceof RuntimeException cause ? cause : failed;
        } finally {
            starters.shutdown();
        }
    }

    /** Called when every group has readmitted the member: votes are refused or allowed for the whole node. */
    private void readmitted() {
        identity.readmitted();
        transport.refuseVotes(false);
    }

    private void tick() {
        long nowNanos = System.nanoTime();
        replicas.forEach(replica -> replica.tick(nowNanos));
        placement.tick(nowNanos);
    }

    /**
     * Transfers the leadership of every group that this node leads, all at once; returns when other nodes lead, or the
     * transfer has failed.
     */
    public void handOver() {
        placement
                .handOver()
                .completeOnTimeout(null, HAND_OVER_MILLIS_MAX, TimeUnit.MILLISECONDS)
                .join();
    }

    /** Transfers leadership, completes or fails pending requests, and stops. Returns within 5 seconds. Idempotent. */
    public synchronized void stop() {
        if (stopped) {
            return;
        }
        stopped = true;
        handOver();
        CompletableFuture.allOf(replicas.stream().map(RaftReplica::stop).toArray(CompletableFuture<?>[]::new))
                .completeOnTimeout(null, Engine.STOP_MILLIS_MAX, TimeUnit.MILLISECONDS)
                .join();
        if (prepared) { // otherwise the address may belong to another host, which owns the port
            Engine.release(self);
        }
        housekeeping.shutdown();
        snapshots.shutdown();
        transport.close();
        SegmentLog opened = log;
        if (opened != null) {
            opened.close();
        }
        identity.close();
        LOG.info("replica-stopped member={}", Long.toHexString(options.memberId()));
    }

    @Override
    public void close() {
        stop();
    }

    ReplicaOptions options() {
        return options;
    }

    PeerTransport transport() {
        return transport;
    }

    PeerId self() {
        return self;
    }

    /** All members, in the order of their addresses, which is the same on all nodes. */
    List<PeerId> members() {
        return members;
    }

    List<PeerId> others() {
        return others;
    }

    /** The id of the member at an address of the engine, 0 if there is none. */
    long memberId(PeerId member) {
        return memberIds.getOrDefault(member.getEndpoint().toString(), 0L);
    }

    PeerVersions versions() {
        return versions;
    }

    /** The version of the peer protocol that all members speak, the highest for log entries. */
    int commonVersion() {
        return transport.commonVersion(otherEndpoints);
    }

    InFlightWindow batchWindow() {
        return batchWindow;
    }

    Executor snapshots() {
        return snapshots;
    }

    void failed(int group, String reason) {
        failure.complete(replicas.size() == 1 ? reason : "group " + group + ": " + reason);
    }
}
