package io.mandate.server.lease;

import io.mandate.keyspace.Applied;
import io.mandate.keyspace.Command;
import io.mandate.keyspace.Command.Expiry;
import io.mandate.keyspace.Outcome;
import io.mandate.keyspace.Request;
import io.mandate.server.raft.Replica;
import io.mandate.server.raft.Replica.LeaderCall;
import io.mandate.server.raft.ReplicaListener;
import io.mandate.server.raft.ReplicationException;
import io.mandate.server.raft.ReplicationException.Kind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Renews and expires leases. One thread owns the {@link LeaseClock}; whatever happens comes to it as a task. Thread-safe.
 *
 * <p>On the leader, all renewals that wait share one proof of leadership that starts after they came (L2); only then deadlines move and answers go out.
 * What is due is proposed as expired only after a proof that started after it was found due, and if no renewal of it waits (L3). On a follower, all
 * renewals that wait go to the leader in one message. The same goes for questions about the time a lease has.
 */
public final class LeaseKeeper implements ReplicaListener, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LeaseKeeper.class);

    /** Questions waiting on one node; beyond, they are refused. A million leases renewed every 20 s wait far below. */
    private static final int WAITING_MAX = 200_000;

    /** Leases in one expiry command: each may delete keys at a revision of its own, and writes must not wait long behind it. */
    private static final int EXPIRIES_PER_COMMAND_MAX = 1_000;

    /** Expiry commands under way: one is applied while the next is replicated. */
    private static final int EXPIRY_COMMANDS_MAX = 2;

    /** Questions in one message to the leader. */
    private static final int QUESTIONS_PER_MESSAGE_MAX = 8_192;

    /** Messages to the leader under way. */
    private static final int MESSAGES_MAX = 4;

    /** The longest sleep while there are leases: what {@link AwakeTime} can notice a suspension by. */
    private static final long SLEEP_NANOS_MAX = 100_000_000;

    private record Question(long leaseId, LeaderCall kind, CompletableFuture<LeaseTime> answer) {}

    private final Replica replica;
    private final BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    private final AtomicInteger waitingCount = new AtomicInteger();
    private final Thread loop = new Thread(this::run, "lease-keeper");
    private volatile boolean stopped;

    // All that follows belongs to the loop.
    private final LeaseClock clock = new LeaseClock();
    private final AwakeTime awakeTime = new AwakeTime();
    private final Map<Long, List<Question>> waitingForExpiry = new HashMap<>();
    private List<Question> waiting = new ArrayList<>();
    private List<Question> inProof = List.of();
    private boolean expiryInProof;
    private int expiryCommands;
    private int messages;
    private long leaderTerm;
    private long leaseNowNanos;
    private long plannedNanos = System.nanoTime();

    /** Registers with the replica; to be done before the replica is started. */
    public LeaseKeeper(Replica replica) {
        this.replica = replica;
        replica.addListener(this);
        replica.answerCalls(LeaderCall.RENEW_LEASES, question -> answerOthers(question, LeaderCall.RENEW_LEASES));
        replica.answerCalls(
                LeaderCall.LEASE_TIME_TO_LIVE, question -> answerOthers(question, LeaderCall.LEASE_TIME_TO_LIVE));
        loop.setDaemon(true);
    }

    public void start() {
        loop.start();
    }

    /** Renews a lease; completes with its full time, or {@link LeaseTime#GONE}. Fails with a {@link ReplicationException}. */
    public CompletableFuture<LeaseTime> renew(long leaseId) {
        return ask(leaseId, LeaderCall.RENEW_LEASES);
    }

    /** Tells how long a lease has, as the leader sees it, or {@link LeaseTime#GONE}. Fails with a {@link ReplicationException}. */
    public CompletableFuture<LeaseTime> timeToLive(long leaseId) {
        return ask(leaseId, LeaderCall.LEASE_TIME_TO_LIVE);
    }

    private CompletableFuture<LeaseTime> ask(long leaseId, LeaderCall kind) {
        Question question = new Question(leaseId, kind, new CompletableFuture<>());
        if (stopped) {
            question.answer.completeExceptionally(new ReplicationException(Kind.STOPPED, "this node is stopping"));
        } else if (waitingCount.incrementAndGet() > WAITING_MAX) {
            waitingCount.decrementAndGet();
            question.answer.completeExceptionally(new ReplicationException(
                    Kind.TOO_MANY_REQUESTS, WAITING_MAX + " questions about leases wait on this node already"));
        } else {
            question.answer.whenComplete((time, failure) -> waitingCount.decrementAndGet());
            tasks.add(() -> waiting.add(question));
        }
        return question.answer;
    }

    private CompletableFuture<byte[]> answerOthers(byte[] bytes, LeaderCall kind) {
        List<CompletableFuture<LeaseTime>> answers = LeaseTimesCodec.leaseIds(bytes).stream()
                .map(leaseId -> ask(leaseId, kind))
                .toList();
        return CompletableFuture.allOf(answers.toArray(CompletableFuture<?>[]::new))
                .thenApply(all -> LeaseTimesCodec.answer(
                        answers.stream().map(CompletableFuture::join).toList()));
    }

    @Override
    public void applied(long term, List<Applied> batch) {
        for (Applied applied : batch) {
            if (!applied.leaseChanges().isEmpty()) {
                tasks.add(() -> applied.leaseChanges().forEach(this::changed));
            }
        }
    }

    @Override
    public void restored() {
        tasks.add(this::restart);
    }

    @Override
    public void leadershipGained(long term) {
        tasks.add(() -> {
            leaderTerm = term;
            restart();
        });
    }

    @Override
    public void leadershipLost() {
        tasks.add(() -> {
            leaderTerm = 0;
            clock.clear();
            failWaitingForExpiry();
        });
    }

    /** Nobody knows when the leases were last renewed, so all begin anew (L4). */
    private void restart() {
        clock.clear();
        failWaitingForExpiry();
        if (leaderTerm != 0) {
            replica.keyspace().leases().forEach(lease -> clock.start(lease, leaseNowNanos));
            LOG.info("leases-restarted count={} term={}", clock.size(), leaderTerm);
        }
    }

    private void changed(Applied.LeaseChange change) {
        if (leaderTerm == 0) {
            return;
        }
        if (change instanceof Applied.LeaseStarted started) {
            clock.start(started.lease(), leaseNowNanos);
        } else {
            clock.end(change.leaseId());
            List<Question> tooLate = waitingForExpiry.remove(change.leaseId());
            if (tooLate != null) {
                tooLate.forEach(question -> question.answer.complete(LeaseTime.GONE));
            }
        }
    }

    private void run() {
        List<Runnable> batch = new ArrayList<>();
        while (!stopped) {
            try {
                Runnable first = tasks.poll(sleepNanos(), TimeUnit.NANOSECONDS);
                leaseNowNanos = awakeTime.read(System.nanoTime(), plannedNanos);
                if (first != null) {
                    batch.add(first);
                    tasks.drainTo(batch);
                    batch.forEach(Runnable::run);
                    batch.clear();
                }
                sendQuestions();
                expireDue();
            } catch (InterruptedException interrupted) {
                return; // closed
            } catch (RuntimeException | Error bug) {
                LOG.error("lease-keeper-failed", bug);
                throw bug;
            }
        }
    }

    /** How long there is nothing to do; also notes when this thread means to be back, at the latest. */
    private long sleepNanos() {
        long sleepNanos = SLEEP_NANOS_MAX;
        OptionalLong next = leaderTerm == 0 || expiryInProof || expiryCommands == EXPIRY_COMMANDS_MAX
                ? OptionalLong.empty()
                : clock.nextDueNanos();
        if (next.isPresent()) {
            sleepNanos = Math.max(0, Math.min(sleepNanos, next.getAsLong() - leaseNowNanos));
        } else if (clock.size() == 0) {
            sleepNanos = TimeUnit.SECONDS.toNanos(1);
        }
        plannedNanos = System.nanoTime() + sleepNanos;
        return sleepNanos;
    }

    private void sendQuestions() {
        if (waiting.isEmpty()) {
            return;
        }
        if (leaderTerm != 0) {
            if (inProof.isEmpty()) {
                inProof = waiting;
                waiting = new ArrayList<>();
                List<Question> asked = inProof;
                replica.proveLeadership().whenComplete((term, failure) -> tasks.add(() -> settle(asked, failure)));
            }
        } else {
            while (!waiting.isEmpty() && messages < MESSAGES_MAX) {
                askLeader(waiting.get(0).kind);
            }
        }
    }

    private void settle(List<Question> asked, @Nullable Throwable failure) {
        inProof = List.of();
        for (Question question : asked) {
            if (failure != null) {
                question.answer.completeExceptionally(asAnswer(failure));
            } else if (question.kind == LeaderCall.LEASE_TIME_TO_LIVE) {
                question.answer.complete(clock.time(question.leaseId, leaseNowNanos));
            } else {
                renewNow(question);
            }
        }
    }

    private void renewNow(Question question) {
        LeaseClock.State state = clock.renew(question.leaseId, leaseNowNanos);
        if (state == LeaseClock.State.EXPIRING) {
            waitingForExpiry
                    .computeIfAbsent(question.leaseId, id -> new ArrayList<>())
                    .add(question);
        } else {
            question.answer.complete(clock.time(question.leaseId, leaseNowNanos));
        }
    }

    /** Takes questions of one kind from the front and sends them in one message. */
    private void askLeader(LeaderCall kind) {
        List<Question> asked = new ArrayList<>();
        List<Question> rest = new ArrayList<>();
        for (Question question : waiting) {
            (question.kind == kind && asked.size() < QUESTIONS_PER_MESSAGE_MAX ? asked : rest).add(question);
        }
        waiting = rest;
        messages++;
        replica.askLeader(
                        kind,
                        LeaseTimesCodec.question(
                                asked.stream().map(Question::leaseId).toList()))
                .whenComplete((answer, failure) -> tasks.add(() -> {
                    messages--;
                    List<LeaseTime> times = failure == null ? LeaseTimesCodec.times(answer) : List.of();
                    for (int i = 0; i < asked.size(); i++) {
                        if (failure == null) {
                            asked.get(i).answer.complete(times.get(i));
                        } else {
                            asked.get(i).answer.completeExceptionally(asAnswer(failure));
                        }
                    }
                }));
    }

    /** To whoever asked, a lost proof of leadership is a change of leaders. */
    private static Throwable asAnswer(Throwable failure) {
        return failure instanceof ReplicationException known && known.kind() == Kind.NOT_LEADER
                ? new ReplicationException(Kind.LEADER_CHANGED, "leadership was lost before the lease could be renewed")
                : failure;
    }

    private void expireDue() {
        if (leaderTerm == 0 || expiryInProof || expiryCommands >= EXPIRY_COMMANDS_MAX) {
            return;
        }
        OptionalLong next = clock.nextDueNanos();
        if (next.isEmpty() || next.getAsLong() > leaseNowNanos) {
            return;
        }
        long cutoffNanos = leaseNowNanos;
        expiryInProof = true;
        replica.proveLeadership()
                .whenComplete((term, failure) -> tasks.add(() -> {
                    expiryInProof = false;
                    if (failure == null && term == leaderTerm) {
                        proposeExpiries(cutoffNanos);
                    }
                }));
    }

    private void proposeExpiries(long cutoffNanos) {
        Set<Long> renewing = new HashSet<>();
        waiting.forEach(question -> renewing.add(question.leaseId));
        inProof.forEach(question -> renewing.add(question.leaseId));
        while (expiryCommands < EXPIRY_COMMANDS_MAX) {
            List<Expiry> due = clock.takeDue(cutoffNanos, EXPIRIES_PER_COMMAND_MAX, renewing::contains);
            if (due.isEmpty()) {
                return;
            }
            expiryCommands++;
            replica.propose(Request.of(new Command.LeaseExpire(leaderTerm, due)))
                    .whenComplete((outcome, failure) -> tasks.add(() -> expired(due, outcome, failure)));
        }
    }

    private void expired(List<Expiry> due, @Nullable Outcome outcome, @Nullable Throwable failure) {
        expiryCommands--;
        if (failure != null || outcome instanceof Outcome.Refused) {
            LOG.info(
                    "expiry-not-applied leases={} cause=\"{}\"",
                    due.size(),
                    failure == null ? outcome : failure.getMessage());
        }
        for (Expiry expiry : due) {
            // Those that did expire are known to have ended by now; the others are due as before, and who waits is
            // heard anew.
            clock.notExpired(expiry.leaseId());
            List<Question> again = waitingForExpiry.remove(expiry.leaseId());
            if (again != null) {
                waiting.addAll(again);
            }
        }
    }

    private void failWaitingForExpiry() {
        waitingForExpiry
                .values()
                .forEach(questions -> questions.forEach(question -> question.answer.completeExceptionally(
                        new ReplicationException(Kind.LEADER_CHANGED, "leadership was lost while the lease expired"))));
        waitingForExpiry.clear();
    }

    @Override
    public void close() {
        stopped = true;
        loop.interrupt();
    }
}
