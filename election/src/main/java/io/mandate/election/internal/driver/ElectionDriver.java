package io.mandate.election.internal.driver;

import io.mandate.election.ElectionHealth;
import io.mandate.election.Leader;
import io.mandate.election.TermRecord;
import io.mandate.election.TermWork;
import io.mandate.election.internal.candidacy.CandidacyOptions;
import io.mandate.election.internal.history.TermHistory;
import io.mandate.election.internal.queue.ElectionQueue;
import io.mandate.election.internal.session.SessionOptions;
import io.mandate.election.internal.store.CheckedStore;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseStore;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One candidate of an election with all that it needs: a share of the store's loop, its campaigns, its schedules and
 * the history. Thread-safe.
 */
public final class ElectionDriver {
    private static final AtomicLong CANDIDACIES = new AtomicLong();

    /** How long closing waits for the history: a shutdown cannot wait longer for what only people read. */
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
    /** Held while a campaign begins, so that none begins on a candidate that is being closed. */
    private final Object begins = new Object();

    private volatile @Nullable CompletableFuture<Void> closed;

    public ElectionDriver(ElectionSettings settings) {
        this.store = CheckedStore.of(settings.store());
        this.session = settings.session();
        this.options = settings.options();
        store.guarantees().requireElectable(session.ttlMillis());
        this.loops = StoreLoops.shared();
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
        this.schedules = new Schedules(this);
        // Where a test owns time, none passes at shutdown, so nothing would end.
        if (options.leavesAtShutdown() && settings.scheduler() == null) {
            RunningElections.add(this);
        }
    }

    /**
     * A watch reports changes sooner; without one, two polls in a time to live delay a hand-over by no more than a dead
     * leader does.
     */
    private static long pollNanos(long ttlMillis, boolean watches) {
        long millis = watches ? Math.max(2_000, Math.min(30_000, 5 * ttlMillis)) : Math.min(5_000, ttlMillis / 2);
        return millis * 1_000_000;
    }

    private static long answerNanosMax(long ttlMillis) {
        return Math.max(100, Math.min(2_000, ttlMillis)) * 1_000_000;
    }

    public ElectionOptions options() {
        return options;
    }

    public Schedules schedules() {
        return schedules;
    }

    Candidate candidate() {
        return candidate;
    }

    StoreLoop loop() {
        return loop;
    }

    /** Begins a campaign for work. */
    public <T extends @Nullable Object> WorkCampaign<T> work(TermWork<T> work) {
        WorkCampaign<T> campaign = new WorkCampaign<>(candidate, work);
        begin(campaign, true);
        return campaign;
    }

    /**
     * Begins a campaign for a term that the caller holds.
     *
     * @param waits false to leave the election instead of waiting behind other candidates
     */
    public <H> HeldCampaign<H> hold(boolean waits, Function<Holding, H> handles) {
        HeldCampaign<H> campaign = new HeldCampaign<>(candidate, handles);
        begin(campaign, waits);
        return campaign;
    }

    /** @throws IllegalStateException if the candidate campaigns already, or is closed */
    void begin(Campaign campaign, boolean waits) {
        synchronized (begins) {
            if (isClosed()) {
                throw new IllegalStateException("candidate " + options.candidate() + " of election " + options.name()
                        + " is closed: join again");
            }
            candidate.campaign(campaign, waits);
        }
    }

    /** Asks the work to finish and leaves the election; completes when the candidate has left. */
    public CompletableFuture<Void> resign() {
        Campaign campaign = candidate.campaign();
        if (campaign == null) {
            return CompletableFuture.completedFuture(null);
        }
        campaign.withdraw();
        candidate.abandon(campaign);
        return campaign.left().copy();
    }

    public CompletableFuture<Optional<Leader>> leader() {
        return ElectionQueue.first(store, options.name())
                .thenApply(first -> first.map(Observer::leader))
                .toCompletableFuture();
    }

    public CompletableFuture<List<String>> candidates() {
        return ElectionQueue.all(store, options.name())
                .thenApply(entries -> entries.stream().map(Entry::value).toList())
                .toCompletableFuture();
    }

    public CompletableFuture<List<TermRecord>> history() {
        return TermHistory.read(store, options.name()).toCompletableFuture();
    }

    /** Begins to report the leader. */
    public Observer observe(Consumer<Optional<Leader>> listener) {
        return new Observer(loop, options.name(), pollNanos, listener, new SerialExecutor(candidate.workers()));
    }

    public ElectionHealth health() {
        return new ElectionHealth(candidate.state(), loop.lastFailure());
    }

    public boolean isClosed() {
        return closed != null;
    }

    /**
     * Returns unless the work of this candidate calls it.
     *
     * @param call which would wait, for the message
     * @throws IllegalStateException if this candidate's own work calls it
     */
    public void requireOtherThread(String call) {
        candidate.threads().requireOtherThread(call);
    }

    /** Leaves the election for good, and completes when the lease is given back if no other candidate uses it. */
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
                .whenComplete((released, failure) -> complete(closing));
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

    /** On the loop. The caller of close does not wait for a store that does not answer; the loop's release does. */
    private CompletableFuture<Void> writeHistory(CompletableFuture<Void> closing) {
        candidate.discharge();
        CompletableFuture<Void> written = history.close();
        if (!written.isDone()) {
            loop.scheduler().schedule(HISTORY_NANOS_MAX, () -> complete(closing));
        }
        return written;
    }

    /** Not on the loop, because users' code may follow. */
    private void complete(CompletableFuture<Void> closing) {
        if (!closing.isDone()) {
            candidate.workers().execute(() -> closing.complete(null));
        }
    }
}
