package io.mandate.server.etcd;

import io.mandate.keyspace.Keyspace;
import io.mandate.keyspace.api.Applied;
import io.mandate.keyspace.api.KeyspaceLimits;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.Request;
import io.mandate.keyspace.snapshot.KeyspaceSnapshot;
import io.mandate.server.raft.Replica;
import io.mandate.server.raft.ReplicaStatus;
import io.mandate.server.raft.ReplicationException;
import io.mandate.server.raft.ReplicationException.Kind;
import io.mandate.server.raft.StateMachineListener;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A cluster of one member without a log: proposals are applied at once, to a real keyspace. Tests can make it fail,
 * delay read barriers, and lose its leader.
 */
final class MemoryReplica implements Replica {
    static final long CLUSTER_ID = 0xc1;
    static final long MEMBER_ID = 0xe1;
    static final long TERM = 3;

    final AtomicInteger barriers = new AtomicInteger();
    final List<Request> proposed = new CopyOnWriteArrayList<>();
    private final Keyspace keyspace = new Keyspace(KeyspaceLimits.DEFAULT);
    private final Map<LeaderCall, LeaderCallHandler> handlers = new ConcurrentHashMap<>();
    private final List<StateMachineListener> listeners = new CopyOnWriteArrayList<>();
    private volatile @Nullable Kind failure;
    private volatile @Nullable Kind barrierFailure;
    private volatile CompletableFuture<Void> barrier = CompletableFuture.completedFuture(null);
    private volatile boolean leaderKnown = true;
    private long index;

    /** From now on everything fails with {@code kind}; null ends the failure. */
    void failWith(@Nullable Kind kind) {
        failure = kind;
    }

    /** From now on read barriers, and nothing else, fail with {@code kind}; null ends the failure. */
    void failBarriersWith(@Nullable Kind kind) {
        barrierFailure = kind;
    }

    void leaderKnown(boolean known) {
        leaderKnown = known;
    }

    /** From now on read barriers complete when {@code open} does. */
    void holdBarriers(CompletableFuture<Void> open) {
        barrier = open;
    }

    synchronized Outcome apply(Request request) {
        Applied applied = keyspace.apply(++index, TERM, request);
        listeners.forEach(listener -> listener.applied(TERM, List.of(applied)));
        return applied.outcome();
    }

    synchronized void trim() {
        while (keyspace.trim(1_000)) {
            // until nothing is left
        }
    }

    private <T> @Nullable CompletableFuture<T> failing() {
        Kind kind = failure;
        return kind == null
                ? null
                : CompletableFuture.failedFuture(new ReplicationException(kind, "planted by the test"));
    }

    @Override
    public CompletableFuture<Outcome> propose(Request request) {
        CompletableFuture<Outcome> failed = failing();
        if (failed != null) {
            return failed;
        }
        proposed.add(request);
        return CompletableFuture.completedFuture(apply(request));
    }

    @Override
    public CompletableFuture<Void> readBarrier() {
        barriers.incrementAndGet();
        Kind kind = barrierFailure;
        if (kind != null) {
            return CompletableFuture.failedFuture(new ReplicationException(kind, "planted by the test"));
        }
        CompletableFuture<Void> failed = failing();
        return failed == null ? barrier : failed;
    }

    @Override
    public CompletableFuture<Long> proveLeadership() {
        CompletableFuture<Long> failed = failing();
        return failed == null ? CompletableFuture.completedFuture(TERM) : failed;
    }

    @Override
    public CompletableFuture<byte[]> callLeader(LeaderCall kind, byte[] request) {
        LeaderCallHandler handler = handlers.get(kind);
        return handler == null
                ? CompletableFuture.failedFuture(new IllegalStateException("no handler for " + kind))
                : handler.handle(request);
    }

    @Override
    public void handleCalls(LeaderCall kind, LeaderCallHandler handler) {
        handlers.put(kind, handler);
    }

    @Override
    public void addListener(StateMachineListener listener) {
        listeners.add(listener);
    }

    /** Makes this node the leader. */
    void start() {
        listeners.forEach(listener -> listener.leadershipGained(TERM));
    }

    @Override
    public Keyspace keyspace() {
        return keyspace;
    }

    @Override
    public ReplicaStatus status() {
        return new ReplicaStatus(CLUSTER_ID, MEMBER_ID, leaderKnown ? MEMBER_ID : 0, TERM, 11, 10, 0);
    }

    @Override
    public long term() {
        return TERM;
    }

    @Override
    public synchronized CompletableFuture<KeyspaceSnapshot> snapshot() {
        return CompletableFuture.completedFuture(keyspace.capture());
    }

    @Override
    public CompletableFuture<Void> moveLeader(long memberId) {
        return memberId == MEMBER_ID
                ? CompletableFuture.completedFuture(null)
                : CompletableFuture.failedFuture(new ReplicationException(Kind.BAD_TRANSFEREE, "no such member"));
    }
}
