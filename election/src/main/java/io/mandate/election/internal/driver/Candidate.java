package io.mandate.election.internal.driver;

import io.mandate.election.ElectionHealth;
import io.mandate.election.TermEnd;
import io.mandate.election.TermListener;
import io.mandate.election.internal.candidacy.Candidacy;
import io.mandate.election.internal.candidacy.CandidacyEffect;
import io.mandate.election.internal.candidacy.CandidacyEvent;
import io.mandate.election.internal.candidacy.CandidacyOptions;
import io.mandate.election.internal.history.TermHistory;
import io.mandate.election.internal.queue.CandidateKeys;
import io.mandate.election.internal.time.Scheduler;
import io.mandate.election.internal.work.WorkThreads;
import io.mandate.election.store.CasResult;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseStore;
import io.mandate.election.store.Watch;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drives one {@link Candidacy}: executes its effects and sends it the events that follow. Everything runs on the loop
 * unless it says otherwise.
 */
final class Candidate {
    private static final Logger LOG = LoggerFactory.getLogger(Candidate.class);

    private final StoreLoop loop;
    private final LeaseStore store;
    private final ElectionOptions options;
    private final MachineDriver<CandidacyEvent, CandidacyEffect> driver;
    private final TermHistory history;
    private final Executor workers;
    private final Executor callbacks;
    private final TermListener listener;
    private final WorkThreads threads;
    private final AtomicReference<@Nullable Campaign> campaign = new AtomicReference<>();
    private @Nullable HeldLease lease;
    private @Nullable HeldTerm term;
    /** The last term, until its work returns. */
    private @Nullable HeldTerm working;

    private Scheduler.@Nullable Timer drain;
    private Scheduler.@Nullable Timer closing;
    private Watch watch = Watch.NONE;
    private String watched = "";
    /** Whether there were more keys than can be listed when this last looked: what is not listed does not lead. */
    private boolean crowded;

    private volatile ElectionHealth.State state = ElectionHealth.State.NOT_CAMPAIGNING;

    Candidate(
            StoreLoop loop,
            ElectionOptions options,
            CandidacyOptions candidacyOptions,
            TermHistory history,
            Executor workers,
            TermListener listener) {
        this.loop = loop;
        this.store = loop.store();
        this.options = options;
        Candidacy candidacy = new Candidacy(candidacyOptions, loop.random());
        CandidacyEffect.Handler effects = new Effects();
        this.driver = new MachineDriver<>(
                loop.scheduler(), loop::checkDeadline, candidacy::on, effect -> effect.accept(effects));
        this.history = history;
        this.workers = workers;
        this.callbacks = new SerialExecutor(workers);
        this.listener = listener;
        this.threads = new WorkThreads("election " + options.name());
    }

    Executor workers() {
        return workers;
    }

    /** Those on which this candidate's work runs. */
    WorkThreads threads() {
        return threads;
    }

    /** From any thread. */
    ElectionHealth.State state() {
        return state;
    }

    /**
     * Begins to campaign. From any thread.
     *
     * @param waits false to leave instead of waiting behind other candidates
     * @throws IllegalStateException if a campaign is on
     */
    void campaign(Campaign next, boolean waits) {
        if (!campaign.compareAndSet(null, next)) {
            throw new IllegalStateException("candidate " + options.candidate() + " campaigns in election "
                    + options.name()
                    + " already: resign, cancel the future of that campaign, or join another candidate for other work");
        }
        loop.scheduler().execute(() -> {
            state = ElectionHealth.State.CAMPAIGNING;
            loop.enrol(this);
            on(new CandidacyEvent.Campaign(waits));
        });
    }

    /** The campaign that is on. From any thread. */
    @Nullable
    Campaign campaign() {
        return campaign.get();
    }

    /** Asks the work to finish, or leaves the queue; nothing if another campaign is on by now. From any thread. */
    void abandon(Campaign unwanted) {
        loop.scheduler().execute(() -> {
            if (campaign.get() == unwanted) {
                on(new CandidacyEvent.Resign());
            }
        });
    }

    /**
     * As {@link #abandon}, for the last time: when the drain timeout is over, only work that runs is waited for. From
     * any thread.
     */
    void close(Campaign last) {
        loop.scheduler().execute(() -> {
            if (campaign.get() == last) {
                on(new CandidacyEvent.Resign());
            }
            if (campaign.get() == last) {
                closing = loop.scheduler().schedule(options.drainTimeout().toNanos(), last::closeOverdue);
            }
        });
    }

    /** Nobody will say that the work of the term has returned: it is over without. */
    void giveUpWork() {
        on(new CandidacyEvent.DrainOverdue());
        working = null;
        stopDrain();
        on(new CandidacyEvent.WorkReturned(true));
    }

    /** Wants the lease no more. From any thread, when no campaign is on. */
    void discharge() {
        loop.scheduler().execute(() -> loop.discharge(this));
    }

    /** The work of the term has returned. From any thread. */
    void workReturned(boolean done) {
        loop.scheduler().execute(() -> {
            working = null;
            stopDrain();
            on(new CandidacyEvent.WorkReturned(done));
        });
    }

    void leaseBegan(HeldLease begun) {
        lease = begun;
        on(new CandidacyEvent.LeaseBegan(begun.id()));
    }

    void leaseEnded(TermEnd why) {
        lease = null;
        on(new CandidacyEvent.LeaseEnded(why));
    }

    void endangered(Duration remaining) {
        HeldTerm endangered = term;
        if (endangered != null) {
            callbacks.execute(() -> listener.endangered(endangered.term(), remaining));
        }
    }

    private void on(CandidacyEvent event) {
        driver.on(event);
    }

    private final class Effects implements CandidacyEffect.Handler {
        /** The key names the lease, the candidate and the entry, so a key that is there already is this one. */
        @Override
        public void enter(CandidacyEffect.Enter effect) {
            loop.ask(store.compareAndSet(effect.key(), 0, options.candidate(), effect.leaseId()), (result, failure) -> {
                if (result instanceof CasResult.Written written) {
                    on(new CandidacyEvent.Entered(
                            effect.attempt(), written.entry().creation()));
                } else if (result instanceof CasResult.Refused refused && refused.present() != null) {
                    on(new CandidacyEvent.Entered(
                            effect.attempt(), refused.present().creation()));
                } else {
                    // Also if there is no such lease: the next renewal finds that out.
                    on(new CandidacyEvent.Failed(effect.attempt()));
                }
            });
        }

        @Override
        public void look(CandidacyEffect.Look effect) {
            loop.ask(
                    store.list(CandidateKeys.prefix(options.name()), LeaseStore.LIST_MAX),
                    (entries, failure) -> looked(effect.attempt(), entries));
        }

        @Override
        public void remove(CandidacyEffect.Remove effect) {
            loop.ask(
                    store.delete(effect.key(), effect.creation()),
                    (deleted, failure) -> on(
                            deleted == null
                                    ? new CandidacyEvent.Failed(effect.attempt())
                                    : new CandidacyEvent.Removed(effect.attempt())));
        }

        @Override
        public void watch(CandidacyEffect.Watch effect) {
            Candidate.this.watch(effect.key());
        }

        @Override
        public void unwatch(CandidacyEffect.Unwatch effect) {
            Candidate.this.unwatch();
        }

        @Override
        public void beginTerm(CandidacyEffect.BeginTerm effect) {
            Candidate.this.beginTerm(effect.token());
        }

        @Override
        public void askToFinish(CandidacyEffect.AskToFinish effect) {
            Candidate.this.askToFinish();
        }

        @Override
        public void endTerm(CandidacyEffect.EndTerm effect) {
            Candidate.this.endTerm(effect.why());
        }

        @Override
        public void left(CandidacyEffect.Left effect) {
            Candidate.this.left();
        }

        @Override
        public void wakeAt(CandidacyEffect.WakeAt effect) {
            driver.wakeAt(effect.when(), () -> on(new CandidacyEvent.Tick()));
        }
    }

    private void looked(long attempt, @Nullable List<Entry> entries) {
        if (entries == null) {
            on(new CandidacyEvent.Failed(attempt));
            return;
        }
        boolean full = entries.size() >= LeaseStore.LIST_MAX;
        if (full && !crowded) {
            LOG.warn(
                    "election-crowded election={} candidate={} keys={} remedy=\"a name that fewer keys begin with\"",
                    options.name(),
                    options.candidate(),
                    entries.size());
        }
        crowded = full;
        on(new CandidacyEvent.Looked(attempt, entries));
    }

    private void watch(String key) {
        if (!key.equals(watched)) {
            unwatch();
            watched = key;
            watch = store.watch(
                    key,
                    () -> loop.scheduler().execute(() -> {
                        if (key.equals(watched)) {
                            on(new CandidacyEvent.Changed());
                        }
                    }));
        }
    }

    private void unwatch() {
        watch.close();
        watch = Watch.NONE;
        watched = "";
    }

    private void beginTerm(long token) {
        Campaign begins = campaign.get();
        HeldLease on = lease;
        if (begins == null || on == null) {
            throw new AssertionError("term " + token + " begins without a campaign or a lease");
        }
        HeldTerm begun = new HeldTerm(
                options,
                token,
                on,
                loop.scheduler(),
                workers,
                why -> loop.scheduler().execute(() -> on(new CandidacyEvent.TermOver(token, why))));
        term = begun;
        working = begun;
        state = ElectionHealth.State.LEADING;
        LOG.info("term-began election={} candidate={} token={}", options.name(), options.candidate(), token);
        history.began(token, options.candidate(), wallTime());
        callbacks.execute(() -> listener.began(begun.term()));
        begins.began(begun);
    }

    private void askToFinish() {
        HeldTerm asked = term;
        if (asked != null) {
            asked.askToResign();
            startDrain(asked);
        }
    }

    private void startDrain(HeldTerm draining) {
        stopDrain();
        drain = loop.scheduler().schedule(options.drainTimeout().toNanos(), () -> {
            if (draining == working) {
                drainOverdue(draining);
            }
        });
    }

    private void stopDrain() {
        if (drain != null) {
            drain.cancel();
            drain = null;
        }
    }

    private void drainOverdue(HeldTerm draining) {
        LOG.warn(
                "drain-overdue election={} token={} after={}",
                options.name(),
                draining.token(),
                options.drainTimeout());
        Campaign overdue = campaign.get();
        if (overdue != null) {
            overdue.drainOverdue();
        }
        if (options.releasesWhenDrainTimesOut()) {
            on(new CandidacyEvent.DrainOverdue());
        }
    }

    private void endTerm(TermEnd seen) {
        HeldTerm over = term;
        if (over == null) {
            return;
        }
        term = null;
        state = ElectionHealth.State.CAMPAIGNING;
        if (!options.releasesWhenDrainTimesOut()) {
            stopDrain();
        } else if (drain == null && working != null) {
            startDrain(over);
        }
        TermEnd why = over.end(seen);
        Campaign begun = campaign.get();
        if (begun != null) {
            begun.ended();
        }
        LOG.info(
                "term-ended election={} candidate={} token={} why={}",
                options.name(),
                options.candidate(),
                over.token(),
                why);
        history.ended(over.token(), wallTime(), why);
        callbacks.execute(() -> listener.ended(over.term(), why));
    }

    private void left() {
        state = ElectionHealth.State.NOT_CAMPAIGNING;
        if (closing != null) {
            closing.cancel();
            closing = null;
        }
        Campaign over = campaign.getAndSet(null);
        if (over != null) {
            over.left(workers);
        }
    }

    private Instant wallTime() {
        return loop.scheduler().now().wallTime();
    }
}
