package io.mandate.server.lease;

import io.mandate.keyspace.Applied;
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
 * Renews and expires the leases of one group. Thread-safe. One thread, the {@link SharedEventLoop}'s that the keepers
 * of all groups share, owns the {@link LeaseClock} and works in turns: it takes in what has come, reads the time, and
 * then acts, so that no lease is ended while a renewal of it lies in the queue. What the turns of other groups take
 * counts as time in which the process stood, if it is long, which is safe.
 *
 * <table>
 *   <caption>What this node does</caption>
 *   <tr><th></th><th>leader</th><th>else</th></tr>
 *   <tr><td>a lease begins or ends</td><td>its time begins or ends</td><td>nothing</td></tr>
 *   <tr><td>a question comes</td><td>joins the next proof of leadership ({@link LeaseRequests}, L2)</td><td>joins the
 *   next message to the leader</td></tr>
 *   <tr><td>a lease is due</td><td>a proof, then a command ({@link LeaseExpiries}, L3)</td><td>–</td></tr>
 *   <tr><td>leadership gained, data replaced</td><td>all leases begin anew (L4)</td><td>–</td></tr>
 *   <tr><td>leadership lost</td><td>–</td><td>the clock is emptied, own questions go to the next leader</td></tr>
 *   <tr><td>a suspension is noticed</td><td>time stood still ({@link SuspensionAwareClock}), proofs from before count for
 *   nothing</td><td>–</td></tr>
 * </table>
 */
public final class LeaseKeeper implements StateMachineListener, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LeaseKeeper.class);

    /**
     * Questions waiting in one group on one node; beyond, they are refused. A million leases renewed every 20 s stay
     * far below.
     */
    static final int QUESTIONS_MAX = 200_000;

    /** The longest sleep while leases are kept: a suspension is noticed if it makes a sleep longer than planned. */
    private static final long SLEEP_NANOS_MAX = 100_000_000;

    private static final long IDLE_NANOS_MAX = 10_000_000_000L;

    private final LongSupplier nanoTime;
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final Queue<LeaseRequest> arrived = new ConcurrentLinkedQueue<>();
    private final AtomicInteger questionCount = new AtomicInteger();
    private final CompletableFuture<String> failure = new CompletableFuture<>();
    private volatile SharedEventLoop.@Nullable Seat seat;
    private volatile boolean stopped;

    // What follows belongs to the thread.
    private final LeaseContext keeping;
    private final LeaseRequests questions;
    private final LeaseExpiries expiries;
    private final SuspensionAwareClock awakeTime;
    private long turnNanos;

    /** When this thread means to be back, at the latest. */
    private long plannedNanos;

    /** Registers with the replica; to be done before the replica is started. */
    public LeaseKeeper(Replica replica) {
        this(replica, System::nanoTime);
    }

    LeaseKeeper(Replica replica, LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.keeping = new LeaseContext(replica, this::execute);
        this.questions = new LeaseRequests(keeping);
        this.expiries = new LeaseExpiries(keeping, questions);
        this.turnNanos = nanoTime.getAsLong();
        this.plannedNanos = turnNanos;
        this.awakeTime = new SuspensionAwareClock(turnNanos);
        replica.addListener(this);
        for (LeaderCall kind : LeaderCall.values()) {
            replica.answerCalls(kind, question -> answerOthers(question, kind));
        }
    }

    /** Begins to work; what came before waits until then. */
    public void start(SharedEventLoop loop) {
        seat = loop.seat(new Turns());
    }

    /** Completes with the reason if the work ends of a bug: nothing here works any more. */
    public CompletableFuture<String> failure() {
        return failure;
    }

    /**
     * Renews a lease; completes with its full time, or {@link LeaseTime#GONE}. Fails with a
     * {@link ReplicationException}: TOO_MANY_REQUESTS if too many wait here, or what became of the leader.
     */
    public CompletableFuture<LeaseTime> renew(long leaseId) {
        return ask(leaseId, LeaderCall.RENEW_LEASES);
    }

    /** How many renewals this node has granted as the leader. */
    public long renewed() {
        return keeping.renewed.sum();
    }

    /** Tells how long a lease has, as the leader sees it, or {@link LeaseTime#GONE}. Fails as {@link #renew} does. */
    public CompletableFuture<LeaseTime> timeToLive(long leaseId) {
        return ask(leaseId, LeaderCall.LEASE_TIME_TO_LIVE);
    }

    private CompletableFuture<LeaseTime> ask(long leaseId, LeaderCall kind) {
        LeaseRequest.Own question = new LeaseRequest.Own(leaseId, kind);
        take(List.of(question), question.answer);
        return question.answer;
    }

    private CompletableFuture<byte[]> answerOthers(byte[] bytes, LeaderCall kind) {
        LeaseRequest.Message message =
                new LeaseRequest.Message(LeaseTimesCodec.leaseIds(bytes, LeaseRequests.PER_MESSAGE_MAX), kind);
        take(message.questions, message.answer);
        return message.answer;
    }

    private void take(List<? extends LeaseRequest> asked, CompletableFuture<?> answer) {
        int count = asked.size();
        answer.whenComplete((done, failure) -> questionCount.addAndGet(-count));
        if (questionCount.addAndGet(count) > QUESTIONS_MAX) {
            answer.completeExceptionally(new ReplicationException(
                    Kind.TOO_MANY_REQUESTS, QUESTIONS_MAX + " questions about leases wait on this node already"));
            return;
        }
        arrived.addAll(asked);
        wake();
        if (stopped) {
            failArrived();
        }
    }

    @Override
    public void applied(long term, List<Applied> batch) {
        for (Applied applied : batch) {
            if (!applied.leaseChanges().isEmpty()) {
                execute(() -> applied.leaseChanges().forEach(this::changed));
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
            keeping.leaderTerm = term;
            restart();
        });
    }

    @Override
    public void leadershipLost() {
        execute(() -> {
            keeping.leaderTerm = 0;
            keeping.clock.clear();
            expiries.leadershipLost();
            questions.leadershipLost();
        });
    }

    /**
     * Nobody knows when the leases were last renewed, so all begin anew (L4); 0.3 µs a lease, and not on the thread
     * that applies (etcd #9496).
     */
    private void restart() {
        keeping.clock.clear();
        if (keeping.isLeading()) {
            keeping.replica.keyspace().leases().forEach(lease -> keeping.clock.start(lease, keeping.nowNanos));
            LOG.info("leases-restarted count={} term={}", keeping.clock.size(), keeping.leaderTerm);
        }
    }

    private void changed(Applied.LeaseChange change) {
        if (!keeping.isLeading()) {
            return;
        }
        if (change instanceof Applied.LeaseStarted started) {
            keeping.clock.start(started.lease(), keeping.nowNanos);
        } else {
            keeping.clock.end(change.leaseId());
            questions.ended(change.leaseId());
        }
    }

    private void execute(Runnable task) {
        tasks.add(task);
        wake();
    }

    private void wake() {
        SharedEventLoop.Seat taken = seat;
        if (taken != null) {
            taken.wake();
        }
    }

    private final class Turns implements SharedEventLoop.Worker {
        @Override
        public void turn() {
            LeaseKeeper.this.turn();
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
            questions.failAll(stopping());
            failArrived();
        }
    }

    /** One turn. What the time is used for came before it was read, so a deadline is never too early (L1). */
    void turn() {
        List<LeaseRequest> asked = takeFrom(arrived);
        List<Runnable> due = takeFrom(tasks);
        turnNanos = nanoTime.getAsLong();
        keeping.nowNanos = awakeTime.read(turnNanos, plannedNanos);
        keeping.suspensions = awakeTime.suspensions();
        plannedNanos = turnNanos;
        asked.forEach(questions::add);
        due.forEach(Runnable::run);
        questions.send();
        expiries.act();
    }

    private static <T> List<T> takeFrom(Queue<T> queue) {
        List<T> taken = new ArrayList<>();
        for (T next = queue.poll(); next != null; next = taken.size() < QUESTIONS_MAX ? queue.poll() : null) {
            taken.add(next);
        }
        return taken;
    }

    /**
     * How long nothing needs doing, in nanoseconds, unless something comes. The caller is expected back by then,
     * counted from the beginning of the turn, so that a suspension in the middle of a turn is noticed as well as one in
     * its sleep.
     */
    long sleepNanos() {
        long nanos = idleNanos();
        plannedNanos = turnNanos + nanos;
        return nanos;
    }

    private long idleNanos() {
        if (!tasks.isEmpty() || !arrived.isEmpty()) {
            return 0;
        }
        long longest = keeping.clock.size() > 0 ? SLEEP_NANOS_MAX : IDLE_NANOS_MAX;
        long next = Math.min(questions.nextNanos(), expiries.nextNanos());
        return next == Long.MAX_VALUE ? longest : Math.max(0, Math.min(longest, next - keeping.nowNanos));
    }

    private static ReplicationException stopping() {
        return new ReplicationException(Kind.STOPPED, "this node is stopping");
    }

    private void failArrived() {
        for (LeaseRequest question = arrived.poll(); question != null; question = arrived.poll()) {
            question.fail(stopping());
        }
    }

    /** Ends the work; whatever waits fails with {@link Kind#STOPPED}. */
    @Override
    public void close() {
        stopped = true;
        SharedEventLoop.Seat taken = seat;
        if (taken == null) {
            failArrived();
        } else {
            taken.leave();
        }
    }
}
