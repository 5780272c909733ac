package io.mandate.election;

import io.mandate.election.candidacy.CandidacyOptions;
import io.mandate.election.history.TermHistory;
import io.mandate.election.history.TermRecord;
import io.mandate.election.queue.ElectionQueue;
import io.mandate.election.schedule.Schedule;
import io.mandate.election.session.SessionOptions;
import io.mandate.election.store.CheckedStore;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseStore;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One candidate of an election: a name in a store that at most one candidate leads at a time.
 *
 * <pre>{@code
 * try (Election election = Election.on(store).name("billing").ttl(Duration.ofSeconds(2)).candidate("host-7").join()) {
 *     election.whileLeading(term -> {
 *         term.requireValid(Duration.ofMillis(50));
 *         guard.write(term, "invoice-2026-11", connection -> ...);
 *     });
 * }
 * }</pre>
 *
 * <p>"At a time" is by the store's clock and by the candidate's own, which ends a term before the store does. A process
 * that is paused does not look at its clock: what it does when it wakes is what guards are for.
 *
 * <p>All elections of a process on one store and with one time to live share a lease, the thread that renews it, and
 * nothing else. A candidate that loses its term for any reason campaigns again by itself as long as its work is not
 * done. Thread-safe.
 */
public final class Election implements AutoCloseable {
    private static final AtomicLong CANDIDACIES = new AtomicLong();

    /**
     * How long a closing candidate waits for its last terms to be written down: people can do without them for longer
     * than a shutdown can wait.
     */
    private static final long HISTORY_NANOS_MAX = 1_000_000_000;

    private final LeaseStore store;
    private final SessionOptions session;
    private final ElectionOptions options;
    private final StoreLoops loops;
    private final StoreLoop loop;
    private final long pollNanos;
    private final TermHistory history;
    private final Candidate candidate;
    private final Schedules schedules;
    /** So that no campaign begins while it is being closed. */
    private final Object begins = new Object();

    private volatile @Nullable CompletableFuture<Void> closed;

    Election(ElectionSettings settings) {
        this.store = CheckedStore.of(settings.store());
        this.session = settings.session();
        this.options = settings.options();
        store.guarantees().requireElectable(session.ttlMillis());
        this.loops = StoreLoops.ofThisProcess();
        this.loop = loops.use(store, session, settings.scheduler(), settings.seed());
        this.pollNanos = pollNanos(session.ttlMillis(), store.guarantees().watches());
        this.history = new TermHistory(loop.historyStore(), options.name(), options.historyLength(), loop.scheduler());
        CandidacyOptions candidacy = new CandidacyOptions(
                options.name(),
                CANDIDACIES.incrementAndGet(),
                options.priority(),
                pollNanos,
                answerNanosMax(session.ttlMillis()));
        this.candidate = new Candidate(loop, options, candidacy, history, settings.workers(), settings.listener());
        this.schedules = new Schedules(this, candidate, loop, options);
        // Where a test owns time, none passes at shutdown, so nothing would end.
        if (options.leavesAtShutdown() && settings.scheduler() == null) {
            RunningElections.add(this);
        }
    }

    /** Begins to describe a candidate for an election held on a store. */
    public static ElectionBuilder on(LeaseStore store) {
        return new ElectionBuilder(store);
    }

    /**
     * A watch tells sooner; without one, looking twice in a time to live delays a hand-over by no more than a dead
     * leader does.
     */
    private static long pollNanos(long ttlMillis, boolean watches) {
        long millis = watches ? Math.max(2_000, Math.min(30_000, 5 * ttlMillis)) : Math.min(5_000, ttlMillis / 2);
        return millis * 1_000_000;
    }

    private static long answerNanosMax(long ttlMillis) {
        return Math.max(100, Math.min(2_000, ttlMillis)) * 1_000_000;
    }

    public String name() {
        return options.name();
    }

    /** The name of this candidate. */
    public String candidate() {
        return options.candidate();
    }

    /**
     * Waits to lead, has the work run on a thread of its own, releases, and returns. If the term ends early the work is
     * interrupted, and runs again in the next term, until it returns within one.
     *
     * @throws InterruptedException if the calling thread was interrupted: the work has been interrupted too, and has
     *     returned
     * @throws CancellationException if the candidate resigned or was closed before the work was done
     * @throws ExecutionException if the work failed within its term
     * @throws IllegalStateException if this candidate campaigns already, or is closed
     */
    public void whileLeading(TermWork work) throws InterruptedException, ExecutionException {
        WorkCampaign campaign = new WorkCampaign(candidate, work);
        begin(campaign, true);
        try {
            campaign.result().get();
        } catch (InterruptedException interrupted) {
            campaign.abandon();
            campaign.left().join();
            throw interrupted;
        }
    }

    /**
     * As {@link #whileLeading}, without waiting: the future completes when the election has been released, or fails as
     * that does. Cancelling it interrupts the work.
     */
    public CompletableFuture<Void> whileLeadingAsync(TermWork work) {
        WorkCampaign campaign = new WorkCampaign(candidate, work);
        begin(campaign, true);
        return campaign.result();
    }

    /**
     * Campaigns for a term that is held until it is closed, without a thread. Cancelling the future ends the campaign,
     * as does anything else that completes it, such as {@code orTimeout}. Whoever gives up waiting for it without that,
     * as {@code get} with a time-out does, is still a candidate until it cancels, resigns or closes. If the term has
     * begun by then and nobody has taken it out of the future, it is given back.
     *
     * @return fails with a {@link CancellationException} if the candidate resigned or was closed before it led
     * @throws IllegalStateException if this candidate campaigns already, or is closed
     */
    public CompletableFuture<Leadership> lead() {
        return hold(true).result();
    }

    /**
     * As {@link #lead}, but gives up, failing with a {@link CancellationException}, instead of waiting behind others.
     */
    public CompletableFuture<Leadership> leadIfFree() {
        return hold(false).result();
    }

    HeldCampaign hold(boolean patient) {
        HeldCampaign campaign = new HeldCampaign(candidate);
        begin(campaign, patient);
        return campaign;
    }

    /**
     * Begins to describe work that runs by the clock whenever this candidate leads, as in
     * {@code election.schedule(Schedule.cron("0 3 * * *", zone)).start(work)}. It campaigns until it is closed, also
     * after {@link #resign}, which makes it queue up behind the others.
     */
    public ScheduleBuilder schedule(Schedule schedule) {
        return new ScheduleBuilder(schedules, schedule);
    }

    void begin(Campaign campaign, boolean patient) {
        synchronized (begins) {
            if (isClosed()) {
                throw new IllegalStateException(
                        "candidate " + candidate() + " of election " + name() + " is closed: join again");
            }
            candidate.campaign(campaign, patient);
        }
    }

    /**
     * Asks the work that runs to finish ({@link Term#resignRequested}; it is interrupted when the drain timeout is
     * over), and leaves the election when it has returned, so that the next may lead at once. A term whose
     * {@link Leadership} nobody has taken from the future of {@link #lead} is given back at once. May campaign again
     * later.
     *
     * @return completes when the candidate has left. The work itself may resign, but not wait for that: then
     *     {@code get} and {@code join} fail with an {@link IllegalStateException}
     */
    public CompletableFuture<Void> resign() {
        Campaign campaign = candidate.campaign();
        if (campaign == null) {
            return CompletableFuture.completedFuture(null);
        }
        campaign.withdraw();
        candidate.abandon(campaign);
        return campaign.left().copy();
    }

    /** Who leads now, by a linearizable read; empty if nobody does. */
    public CompletableFuture<Optional<Leader>> leader() {
        return ElectionQueue.first(store, name())
                .thenApply(first -> first.map(Leader::of))
                .toCompletableFuture();
    }

    /**
     * The names of those who take part, the leader first and then in the order in which their turn comes; at most
     * {@value LeaseStore#LIST_MAX}.
     */
    public CompletableFuture<List<String>> candidates() {
        return ElectionQueue.all(store, name())
                .thenApply(entries -> entries.stream().map(Entry::value).toList())
                .toCompletableFuture();
    }

    /**
     * Tells the observer who leads, now and whenever that changes, until closed. Calls come one at a time, on worker
     * threads.
     */
    public LeaderObservation observe(Consumer<Optional<Leader>> observer) {
        return new LeaderObservation(loop, name(), pollNanos, observer, new SerialExecutor(candidate.workers()));
    }

    /** The last terms of this election, by whomever, the latest first. */
    public CompletableFuture<List<TermRecord>> history() {
        return TermHistory.read(store, name()).toCompletableFuture();
    }

    /** How this candidate fares, for health checks: not to act upon. */
    public ElectionHealth health() {
        return new ElectionHealth(candidate.standing(), loop.lastFailure());
    }

    boolean isClosed() {
        return closed != null;
    }

    /** As {@link #close}, without waiting: also for the work itself, if it does not wait for what this returns. */
    public CompletableFuture<Void> closeAsync() {
        CompletableFuture<Void> closing = candidate.threads().afterWork();
        Campaign last;
        synchronized (begins) {
            CompletableFuture<Void> before = closed;
            if (before != null) {
                return before.copy();
            }
            closed = closing;
            last = candidate.campaign();
        }
        RunningElections.remove(this);
        leaveForGood(last)
                .thenApplyAsync(left -> writeHistory(closing), loop.scheduler()::execute)
                .thenCompose(written -> written)
                .thenCompose(written -> loops.release(store, session))
                .whenComplete((released, failure) -> toldClosed(closing));
        return closing.copy();
    }

    private CompletableFuture<Void> leaveForGood(@Nullable Campaign last) {
        if (last == null) {
            return CompletableFuture.completedFuture(null);
        }
        last.withdraw();
        candidate.close(last);
        return last.left();
    }

    /** On the loop. Whoever closes does not wait for a store that does not take it; what gives the loop back does. */
    private CompletableFuture<Void> writeHistory(CompletableFuture<Void> closing) {
        candidate.discharge();
        CompletableFuture<Void> written = history.close();
        if (!written.isDone()) {
            loop.scheduler().schedule(HISTORY_NANOS_MAX, () -> toldClosed(closing));
        }
        return written;
    }

    /** Not on the loop, because users' code may follow. */
    private void toldClosed(CompletableFuture<Void> closing) {
        if (!closing.isDone()) {
            candidate.workers().execute(() -> closing.complete(null));
        }
    }

    /**
     * Leaves the election as {@link #resign} does, and waits: for work as long as that runs; for a {@link Leadership}
     * that somebody has as long as the drain timeout, by when its term is ended; and for the history to be written, a
     * second at most. A term that nobody has taken is given back at once. The last one to close gives the lease back.
     * Harmless when repeated.
     *
     * @throws IllegalStateException if this candidate's own work calls it, which would wait for itself; nothing is
     *     closed then
     */
    @Override
    public void close() {
        candidate.threads().requireOtherThread("close()");
        closeAsync().join();
    }
}
