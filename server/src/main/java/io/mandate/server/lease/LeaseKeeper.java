package io.mandate.server.lease;

import io.mandate.keyspace.api.Applied;
import io.mandate.server.loop.SharedEventLoop;
import io.mandate.server.raft.Replica;
import io.mandate.server.raft.Replica.LeaderCall;
import io.mandate.server.raft.ReplicationException;
import io.mandate.server.raft.ReplicationException.Kind;
import io.mandate.server.raft.StateMachineListener;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Renews and expires the leases of one group. Thread-safe. One thread, that of the {@link SharedEventLoop} which the
 * keepers of all groups share, owns the {@link LeaseClock}. Each run takes its input from the queues, then reads the
 * time, then acts, so that no lease is expired while a renewal of it is queued. A long run of another group's keeper
 * counts as a suspension of the process, which is safe.
 *
 * <table>
 *   <caption>Events</caption>
 *   <tr><th>event</th><th>on the leader</th><th>on other nodes</th></tr>
 *   <tr><td>a lease is granted or ends</td><td>its time starts or ends</td><td>–</td></tr>
 *   <tr><td>a request arrives</td><td>joins the next proof of leadership ({@link LeaseRequests}, L2)</td><td>joins the
 * next message to the leader</td></tr>
 *   <tr><td>a lease is due</td><td>a proof, then a command ({@link LeaseExpiries}, L3)</td><td>–</td></tr>
 *   <tr><td>leadership gained, data replaced</td><td>all leases restart with their full TTL (L4)</td><td>–</td></tr>
 *   <tr><td>leadership lost</td><td>–</td><td>the clock is cleared, local requests go to the next leader</td></tr>
 *   <tr><td>a suspension is noticed</td><td>the clock of leases was stopped ({@link SuspensionAwareClock}), earlier
 * proofs are discarded</td><td>–</td></tr>
 * </table>
 */
public final class LeaseKeeper implements StateMachineListener, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LeaseKeeper.class);

    /**
     * Requests that wait in one group on one node; more are refused. A million leases renewed every 20 s need far
     * fewer.
     */
    static final int REQUESTS_MAX = 200_000;

    /** The longest sleep while there are leases: a suspension is noticed if it makes a sleep longer than planned. */
    private static final long SLEEP_NANOS_MAX = 100_000_000;

    private static final long IDLE_NANOS_MAX = 10_000_000_000L;

    private final LongSupplier nanoTime;
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final Queue<LeaseRequest> incoming = new ConcurrentLinkedQueue<>();
    private final AtomicInteger requestCount = new AtomicInteger();
    private final CompletableFuture<String> failure = new CompletableFuture<>();
    private volatile SharedEventLoop.@Nullable Registration registration;
    private volatile boolean stopped;

    // The following fields are confined to the loop's thread.
    private final LeaseContext context;
    private final LeaseRequests requests;
    private final LeaseExpiries expiries;
    private final SuspensionAwareClock suspensionAwareClock;
    private long runNanos;

    /** The latest time at which the thread plans to run again. */
    private long plannedNanos;

    /** Registers with the replica. Must be called before the replica is started. */
    public LeaseKeeper(Replica replica) {
        this(replica, System::nanoTime);
    }

    LeaseKeeper(Replica replica, LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.context = new LeaseContext(replica, this::execute);
        this.requests = new LeaseRequests(context);
        this.expiries = new LeaseExpiries(context, requests);
        this.runNanos = nanoTime.getAsLong();
        this.plannedNanos = runNanos;
        this.suspensionAwareClock = new SuspensionAwareClock(runNanos);
        replica.addListener(this);
        for (LeaderCall kind : LeaderCall.values()) {
            replica.handleCalls(kind, request -> handlePeer(request, kind));
        }
    }

    /** Starts the keeper; requests and events from before wait until then. */
    public void start(SharedEventLoop loop) {
        registration = loop.register(new LoopWorker());
    }

    /** Completes with the reason if a bug ends the keeper, which then serves no more requests. */
    public CompletableFuture<String> failure() {
        return failure;
    }

    /**
     * Renews a lease; completes with its full time, or {@link LeaseTime#NOT_FOUND}. Fails with a
     * {@link ReplicationException}: TOO_MANY_REQUESTS if too many wait here, or the kind of failure of the leader.
     */
    public CompletableFuture<LeaseTime> renew(long leaseId) {
        return submit(leaseId, LeaderCall.RENEW_LEASES);
    }

    /** The number of renewals that this node has granted as the leader. */
    public long renewed() {
        return context.renewed.sum();
    }

    /**
     * Returns the remaining time of a lease, as the leader sees it, or {@link LeaseTime#NOT_FOUND}. Fails as
     * {@link #renew} does.
     */
    public CompletableFuture<LeaseTime> timeToLive(long leaseId) {
        return submit(leaseId, LeaderCall.LEASE_TIME_TO_LIVE);
    }

    private CompletableFuture<LeaseTime> submit(long leaseId, LeaderCall kind) {
        LeaseRequest.Local request = new LeaseRequest.Local(leaseId, kind);
        enqueue(List.of(request), request.response);
        return request.response;
    }

    private CompletableFuture<byte[]> handlePeer(byte[] bytes, LeaderCall kind) {
        LeaseRequest.PeerMessage message =
                new LeaseRequest.PeerMessage(LeaseTimesCodec.decodeRequest(bytes, LeaseRequests.PER_MESSAGE_MAX), kind);
        enqueue(message.requests, message.response);
        return message.response;
    }

    private void enqueue(List<? extends LeaseRequest> batch, CompletableFuture<?> response) {
        int count = batch.size();
        response.whenComplete((done, failure) -> requestCount.addAndGet(-count));
        if (requestCount.addAndGet(count) > REQUESTS_MAX) {
            response.completeExceptionally(new ReplicationException(
                    Kind.TOO_MANY_REQUESTS,
                    "this node has " + REQUESTS_MAX + " lease requests waiting: retry later or on another node"));
            return;
        }
        incoming.addAll(batch);
        wake();
        if (stopped) {
            failIncoming();
        }
    }

    @Override
    public void applied(long term, List<Applied> batch) {
        for (Applied applied : batch) {
            if (!applied.leaseChanges().isEmpty()) {
                execute(() -> applied.leaseChanges().forEach(this::leaseChanged));
            }
        }
    }

    @Override
    public void restored() {
        execute(this::restart);
    }

    @Override
    public void leadershipGained(long term) {
        execute(() -> {
            context.leaderTerm = term;
            restart();
        });
    }

    @Override
    public void leadershipLost() {
        execute(() -> {
            context.leaderTerm = 0;
            context.clock.clear();
            expiries.leadershipLost();
            requests.leadershipLost();
        });
    }

    /**
     * The times of the last renewals are unknown, so all leases restart with their full TTL (L4). Takes 0.3 µs a lease,
     * and does not run on the thread that applies entries (etcd #9496).
     */
    private void restart() {
        context.clock.clear();
        if (context.isLeading()) {
            context.replica.keyspace().leases().forEach(lease -> context.clock.start(lease, context.nowNanos));
            LOG.info("leases-restarted count={} term={}", context.clock.size(), context.leaderTerm);
        }
    }

    private void leaseChanged(Applied.LeaseChange change) {
        if (!context.isLeading()) {
            return;
        }
        if (change instanceof Applied.LeaseStarted started) {
            context.clock.start(started.lease(), context.nowNanos);
        } else {
            context.clock.end(change.leaseId());
            requests.ended(change.leaseId());
        }
    }

    private void execute(Runnable task) {
        tasks.add(task);
        wake();
    }

    private void wake() {
        SharedEventLoop.Registration current = registration;
        if (current != null) {
            current.wake();
        }
    }

    private final class LoopWorker implements SharedEventLoop.Worker {
        @Override
        public void run() {
            LeaseKeeper.this.runOnce();
        }

        @Override
        public long idleNanos() {
            return sleepNanos();
        }

        @Override
        public void failed(Throwable bug) {
            LOG.error("lease-keeper-failed", bug);
            failure.complete("lease keeper failed: " + bug);
        }

        @Override
        public void ended() {
            stopped = true;
            requests.failAll(stopping());
            failIncoming();
        }
    }

    /** One run. All input is taken before the time is read, so no deadline is too early (L1). */
    void runOnce() {
        List<LeaseRequest> batch = drain(incoming);
        List<Runnable> tasksDue = drain(tasks);
        runNanos = nanoTime.getAsLong();
        context.nowNanos = suspensionAwareClock.read(runNanos, plannedNanos);
        context.suspensions = suspensionAwareClock.suspensions();
        plannedNanos = runNanos;
        batch.forEach(requests::add);
        tasksDue.forEach(Runnable::run);
        requests.send();
        expiries.expireDue();
    }

    private static <T> List<T> drain(Queue<T> queue) {
        List<T> taken = new ArrayList<>();
        for (T next = queue.poll(); next != null; next = taken.size() < REQUESTS_MAX ? queue.poll() : null) {
            taken.add(next);
        }
        return taken;
    }

    /**
     * How long the keeper may sleep, in nanoseconds, unless it is woken. The caller plans to be back by then, counted
     * from the start of the run, so that a suspension during a run is noticed as well as one during its sleep.
     */
    long sleepNanos() {
        long nanos = idleNanos();
        plannedNanos = runNanos + nanos;
        return nanos;
    }

    private long idleNanos() {
        if (!tasks.isEmpty() || !incoming.isEmpty()) {
            return 0;
        }
        long longest = context.clock.size() > 0 ? SLEEP_NANOS_MAX : IDLE_NANOS_MAX;
        long next = Math.min(requests.nextNanos(), expiries.nextNanos());
        return next == Long.MAX_VALUE ? longest : Math.max(0, Math.min(longest, next - context.nowNanos));
    }

    private static ReplicationException stopping() {
        return new ReplicationException(Kind.STOPPED, "this node is stopping");
    }

    private void failIncoming() {
        for (LeaseRequest request = incoming.poll(); request != null; request = incoming.poll()) {
            request.fail(stopping());
        }
    }

    /** Ends the keeper; waiting requests fail with {@link Kind#STOPPED}. */
    @Override
    public void close() {
        stopped = true;
        SharedEventLoop.Registration current = registration;
        if (current == null) {
            failIncoming();
        } else {
            current.deregister();
        }
    }
}
