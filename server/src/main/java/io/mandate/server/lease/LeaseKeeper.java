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
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Renews and expires leases. One thread owns the {@link LeaseClock}; whatever happens comes to it as a task. Thread-safe.
 *
 * <p>On the leader, all renewals that wait share one proof of leadership that starts after they came (L2); only then deadlines move and answers go out.
 * What is due is proposed as expired only after a proof that started after it was found due, and if no renewal of it waits (L3). On a follower, all
 * renewals that wait go to the leader in one message. The same goes for questions about the time a lease has.
 *
 * <p>An expiry command whose outcome is not known may yet be applied as long as this node's term lasts. So its leases cannot be renewed; the command is
 * proposed again until an outcome is known or leadership is lost.
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

    /** How long expiry waits after it was refused or failed: a refusal that lasts (an alarm, a lost majority) must not fill the log or spin. */
    private static final long EXPIRY_RETRY_NANOS = 100_000_000;

    /** @param forwarded whether another node asks, having taken this one for the leader */
    private record Question(long leaseId, LeaderCall kind, boolean forwarded, CompletableFuture<LeaseTime> answer) {}

    /**
     * Leases proposed as expired.
     *
     * @param uncertain whether it was proposed before and that may yet be applied
     */
    private record ExpiryCommand(List<Expiry> due, boolean uncertain) {}

    private final Replica replica;
    private final BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    private final Set<Question> unanswered = ConcurrentHashMap.newKeySet();
    private final LongSupplier nanoTime;
    private final Thread loop = new Thread(this::run, "lease-keeper");
    private volatile boolean stopped;

    // All that follows belongs to the loop.
    private final LeaseClock clock = new LeaseClock();
    private final AwakeTime awakeTime;
    private final Map<Long, List<Question>> waitingForExpiry = new HashMap<>();
    private final List<ExpiryCommand> expiriesToRepeat = new ArrayList<>();
    private List<Question> waiting = new ArrayList<>();
    private List<Question> inProof = List.of();
    private boolean expiryInProof;
    private int expiryCommands;
    private int messages;
    private long leaderTerm;

    /** Counts how often the clock began anew: what was under way before says nothing about the leases now. */
    private long epoch;

    private long leaseNowNanos;
    private long expiryResumeNanos;
    private long turnNanos;
    private long plannedNanos;

    /** Registers with the replica; to be done before the replica is started. */
    public LeaseKeeper(Replica replica) {
        this(replica, System::nanoTime);
    }

    LeaseKeeper(Replica replica, LongSupplier nanoTime) {
        this.replica = replica;
        this.nanoTime = nanoTime;
        turnNanos = nanoTime.getAsLong();
        plannedNanos = turnNanos;
        awakeTime = new AwakeTime(turnNanos);
        replica.addListener(this);
        for (LeaderCall kind : LeaderCall.values()) {
            replica.answerCalls(kind, question -> answerOthers(question, kind));
        }
        loop.setDaemon(true);
    }

    public void start() {
        loop.start();
    }

    /** Renews a lease; completes with its full time, or {@link LeaseTime#GONE}. Fails with a {@link ReplicationException}. */
    public CompletableFuture<LeaseTime> renew(long leaseId) {
        return ask(leaseId, LeaderCall.RENEW_LEASES, false);
    }

    /** Tells how long a lease has, as the leader sees it, or {@link LeaseTime#GONE}. Fails with a {@link ReplicationException}. */
    public CompletableFuture<LeaseTime> timeToLive(long leaseId) {
        return ask(leaseId, LeaderCall.LEASE_TIME_TO_LIVE, false);
    }

    private CompletableFuture<LeaseTime> ask(long leaseId, LeaderCall kind, boolean forwarded) {
        Question question = new Question(leaseId, kind, forwarded, new CompletableFuture<>());
        if (unanswered.size() >= WAITING_MAX) {
            question.answer.completeExceptionally(new ReplicationException(
                    Kind.TOO_MANY_REQUESTS, WAITING_MAX + " questions about leases wait on this node already"));
            return question.answer;
        }
        unanswered.add(question);
        question.answer.whenComplete((time, failure) -> unanswered.remove(question));
        tasks.add(() -> waiting.add(question));
        if (stopped) {
            failStopped(question); // perhaps after the loop has failed all it knew of
        }
        return question.answer;
    }

    private CompletableFuture<byte[]> answerOthers(byte[] bytes, LeaderCall kind) {
        List<CompletableFuture<LeaseTime>> answers = LeaseTimesCodec.leaseIds(bytes).stream()
                .map(leaseId -> ask(leaseId, kind, true))
                .toList();
        return CompletableFuture.allOf(answers.toArray(CompletableFuture<?>[]::new))
                .thenApply(all -> LeaseTimesCodec.answer(
                        answers.stream().map(CompletableFuture::join).toList()));
    }

    @Override
    public void applied(long term, List<Applied> batch) {
        for (Applied applied : batch) {
            List<Applied.LeaseChange> changes = applied.leaseChanges();
            if (!changes.isEmpty()) {
                tasks.add(() -> changes.forEach(this::changed));
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
            restart();
        });
    }

    /** Nobody knows when the leases were last renewed, so all begin anew (L4); on a follower there are none. */
    private void restart() {
        epoch++;
        clock.clear();
        expiryInProof = false;
        expiryCommands = 0;
        expiriesToRepeat.clear();
        expiryResumeNanos = leaseNowNanos;
        waitingForExpiry.values().forEach(questions -> questions.forEach(LeaseKeeper::failLeaderChanged));
        waitingForExpiry.clear();
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
        try {
            while (!stopped) {
                turn(tasks.poll(sleepNanos(), TimeUnit.NANOSECONDS));
            }
        } catch (InterruptedException interrupted) {
            // closed
        } catch (RuntimeException | Error bug) {
            LOG.error("lease-keeper-failed", bug);
            throw bug;
        } finally {
            stopped = true;
            unanswered.forEach(LeaseKeeper::failStopped);
        }
    }

    /** Runs what has come, {@code first} before all, then asks and expires. */
    void turn(@Nullable Runnable first) {
        List<Runnable> batch = new ArrayList<>();
        if (first != null) {
            batch.add(first);
        }
        tasks.drainTo(batch);
        // Read after all of them had come: a lease started by one of them must not begin before its grant was sent.
        turnNanos = nanoTime.getAsLong();
        leaseNowNanos = awakeTime.read(turnNanos, plannedNanos);
        batch.forEach(Runnable::run);
        sendQuestions();
        expireDue();
    }

    /**
     * How long there is nothing to do; also notes when this thread means to be back, at the latest. That is counted from the beginning of the turn, so
     * that a suspension in the middle of a turn is noticed as well as one in its sleep.
     */
    long sleepNanos() {
        long sleepNanos = SLEEP_NANOS_MAX;
        OptionalLong next = mayExpire() ? clock.nextDueNanos() : OptionalLong.empty();
        if (next.isPresent()) {
            long resumeNanos = Math.max(next.getAsLong(), expiryResumeNanos);
            sleepNanos = Math.max(0, Math.min(sleepNanos, resumeNanos - leaseNowNanos));
        } else if (clock.size() == 0) {
            sleepNanos = TimeUnit.SECONDS.toNanos(1);
        }
        plannedNanos = turnNanos + sleepNanos;
        return sleepNanos;
    }

    private boolean mayExpire() {
        return leaderTerm != 0 && !expiryInProof && expiryCommands < EXPIRY_COMMANDS_MAX;
    }

    private void sendQuestions() {
        if (waiting.isEmpty()) {
            return;
        }
        if (leaderTerm != 0) {
            if (inProof.isEmpty()) {
                List<Question> asked = waiting;
                inProof = asked;
                waiting = new ArrayList<>();
                replica.proveLeadership()
                        .whenComplete((term, failure) -> tasks.add(() -> settle(asked, term, failure)));
            }
            return;
        }
        // Passed on once more, a question could go round for ever between nodes that take each other for the leader.
        waiting.stream().filter(Question::forwarded).forEach(LeaseKeeper::failLeaderChanged);
        waiting.removeIf(Question::forwarded);
        while (!waiting.isEmpty() && messages < MESSAGES_MAX) {
            askLeader(waiting.get(0).kind);
        }
    }

    /** @param term of which leadership was proven; null if there was a failure */
    private void settle(List<Question> asked, @Nullable Long term, @Nullable Throwable failure) {
        inProof = List.of();
        for (Question question : asked) {
            if (failure != null) {
                question.answer.completeExceptionally(asAnswer(failure));
            } else if (term == null || term != leaderTerm) {
                failLeaderChanged(question); // the clock is not the one that the proof was for, or is empty
            } else {
                answer(question);
            }
        }
    }

    private void answer(Question question) {
        LeaseClock.State state = clock.stateOf(question.leaseId);
        if (state == LeaseClock.State.ABSENT) {
            // Readers, and so a proof, may see a grant before the news of it has come here.
            replica.keyspace().lease(question.leaseId).ifPresent(lease -> clock.start(lease, leaseNowNanos));
        }
        if (question.kind == LeaderCall.RENEW_LEASES) {
            if (state == LeaseClock.State.EXPIRING) {
                waitingForExpiry
                        .computeIfAbsent(question.leaseId, id -> new ArrayList<>(1))
                        .add(question);
                return;
            }
            clock.renew(question.leaseId, leaseNowNanos);
        }
        question.answer.complete(clock.time(question.leaseId, leaseNowNanos));
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
                .thenApply(answer -> LeaseTimesCodec.times(answer, asked.size()))
                .whenComplete((times, failure) -> tasks.add(() -> {
                    messages--;
                    for (int i = 0; i < asked.size(); i++) {
                        if (failure == null) {
                            asked.get(i).answer.complete(times.get(i));
                        } else {
                            asked.get(i).answer.completeExceptionally(asAnswer(failure));
                        }
                    }
                }));
    }

    private static void failLeaderChanged(Question question) {
        question.answer.completeExceptionally(
                new ReplicationException(Kind.LEADER_CHANGED, "leadership was lost before the lease could be renewed"));
    }

    private static void failStopped(Question question) {
        question.answer.completeExceptionally(new ReplicationException(Kind.STOPPED, "this node is stopping"));
    }

    /** To whoever asked, a lost proof of leadership is a change of leaders. */
    private static Throwable asAnswer(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return cause instanceof ReplicationException known && known.kind() == Kind.NOT_LEADER
                ? new ReplicationException(Kind.LEADER_CHANGED, "leadership was lost before the lease could be renewed")
                : cause;
    }

    private void expireDue() {
        if (leaderTerm == 0 || leaseNowNanos < expiryResumeNanos) {
            return;
        }
        List<ExpiryCommand> repeated = List.copyOf(expiriesToRepeat);
        expiriesToRepeat.clear();
        repeated.forEach(this::propose);
        OptionalLong next = mayExpire() ? clock.nextDueNanos() : OptionalLong.empty();
        if (next.isEmpty() || next.getAsLong() > leaseNowNanos) {
            return;
        }
        long cutoffNanos = leaseNowNanos;
        long askedIn = epoch;
        int suspensions = awakeTime.suspensions();
        expiryInProof = true;
        replica.proveLeadership()
                .whenComplete((term, failure) -> tasks.add(() -> {
                    if (epoch == askedIn) {
                        expiryInProof = false;
                        // A proof from before a suspension proves nothing about the time since (L3).
                        if (failure == null && term == leaderTerm && suspensions == awakeTime.suspensions()) {
                            proposeExpiries(cutoffNanos);
                        } else {
                            expiryResumeNanos = leaseNowNanos + EXPIRY_RETRY_NANOS;
                        }
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
            propose(new ExpiryCommand(due, false));
        }
    }

    private void propose(ExpiryCommand command) {
        long proposedIn = epoch;
        replica.propose(Request.of(new Command.LeaseExpire(leaderTerm, command.due)))
                .whenComplete((outcome, failure) -> tasks.add(() -> {
                    if (epoch == proposedIn) {
                        expired(command, outcome, failure);
                    }
                }));
    }

    private void expired(ExpiryCommand command, @Nullable Outcome outcome, @Nullable Throwable failure) {
        if (failure == null && !(outcome instanceof Outcome.Refused)) {
            expiryCommands--; // the leases are known to have ended by now
            return;
        }
        LOG.info(
                "expiry-not-applied leases={} cause=\"{}\"",
                command.due.size(),
                failure == null ? outcome : failure.getMessage());
        expiryResumeNanos = leaseNowNanos + EXPIRY_RETRY_NANOS;
        if (failure != null && (command.uncertain || mayYetBeApplied(failure))) {
            expiriesToRepeat.add(new ExpiryCommand(command.due, true));
            for (Expiry expiry : command.due) {
                List<Question> undecided = waitingForExpiry.remove(expiry.leaseId());
                if (undecided != null) {
                    undecided.forEach(question -> question.answer.completeExceptionally(asAnswer(failure)));
                }
            }
            return;
        }
        expiryCommands--;
        for (Expiry expiry : command.due) {
            clock.notExpired(expiry);
            List<Question> again = waitingForExpiry.remove(expiry.leaseId());
            if (again != null) {
                waiting.addAll(again); // heard anew
            }
        }
    }

    private static boolean mayYetBeApplied(Throwable failure) {
        return !(failure instanceof ReplicationException known) || known.kind().isIndeterminate();
    }

    /** Ends the loop; whatever waits fails with {@link Kind#STOPPED}. */
    @Override
    public void close() {
        stopped = true;
        loop.interrupt();
        if (!loop.isAlive()) {
            unanswered.forEach(LeaseKeeper::failStopped);
        }
    }
}
