package io.mandate.election;

import io.mandate.election.candidacy.Candidacy;
import io.mandate.election.candidacy.CandidacyEffect;
import io.mandate.election.candidacy.CandidacyEvent;
import io.mandate.election.candidacy.CandidacyOptions;
import io.mandate.election.history.TermHistory;
import io.mandate.election.queue.CandidateKeys;
import io.mandate.election.session.TermEnd;
import io.mandate.election.store.CasResult;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseStore;
import io.mandate.election.store.Watch;
import io.mandate.election.time.Moment;
import io.mandate.election.time.Scheduler;
import io.mandate.election.work.WorkThreads;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drives one {@link Candidacy}: carries out what it decides, and tells it what happened. Everything runs on the loop
 * unless it says otherwise.
 */
final class Candidate {
    private static final Logger LOG = LoggerFactory.getLogger(Candidate.class);

    private final StoreLoop loop;
    private final LeaseStore store;
    private final ElectionOptions options;
    private final Candidacy candidacy;
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

    private Scheduler.@Nullable Timer wake;
    private Scheduler.@Nullable Timer drain;
    private Scheduler.@Nullable Timer closing;
    private Watch watch = Watch.NONE;
    private String watched = "";
    /** Whether there were more keys than can be listed when this last looked: what is not listed does not lead. */
    private boolean crowded;

    private volatile ElectionHealth.Standing standing = ElectionHealth.Standing.OUT;

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
        this.candidacy = new Candidacy(candidacyOptions, loop.random());
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
    ElectionHealth.Standing standing() {
        return standing;
    }

    /**
     * Begins to campaign. From any thread.
     *
     * @param patient false to leave instead of waiting behind others
     * @throws IllegalStateException if a campaign is on
     */
    void campaign(Campaign next, boolean patient) {
        if (!campaign.compareAndSet(null, next)) {
            throw new IllegalStateException("candidate " + options.candidate() + " campaigns in election "
                    + options.name()
                    + " already: resign, cancel the future of that campaign, or join another candidate for other work");
        }
        loop.scheduler().execute(() -> {
            standing = ElectionHealth.Standing.CAMPAIGNING;
            loop.enrol(this);
            on(new CandidacyEvent.Campaign(patient));
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
            callbacks.execute(() -> listener.endangered(endangered, remaining));
        }
    }

    private void on(CandidacyEvent event) {
        Moment now = loop.settle();
        for (CandidacyEffect effect : candidacy.on(event, now)) {
            carryOut(effect);
        }
    }

    private void carryOut(CandidacyEffect effect) {
        if (effect instanceof CandidacyEffect.Enter enter) {
            enter(enter);
        } else if (effect instanceof CandidacyEffect.Look look) {
            loop.ask(
                    store.list(CandidateKeys.prefix(options.name()), LeaseStore.LIST_MAX),
                    (entries, failure) -> looked(look.attempt(), entries));
        } else if (effect instanceof CandidacyEffect.Remove remove) {
            loop.ask(
                    store.delete(remove.key(), remove.creation()),
                    (deleted, failure) -> on(
                            deleted == null
                                    ? new CandidacyEvent.Failed(remove.attempt())
                                    : new CandidacyEvent.Removed(remove.attempt())));
        } else if (effect instanceof CandidacyEffect.Watch toWatch) {
            watch(toWatch.key());
        } else if (effect instanceof CandidacyEffect.Unwatch) {
            unwatch();
        } else if (effect instanceof CandidacyEffect.BeginTerm begin) {
            beginTerm(begin.token());
        } else if (effect instanceof CandidacyEffect.AskToFinish) {
            askToFinish();
        } else if (effect instanceof CandidacyEffect.EndTerm end) {
            endTerm(end.why());
        } else if (effect instanceof CandidacyEffect.Left) {
            left();
        } else if (effect instanceof CandidacyEffect.WakeAt wakeAt) {
            wakeAt(wakeAt.when());
        } else {
            throw new AssertionError("unknown: " + effect);
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

    /** The key names the lease, the candidate and the entry, so whoever finds it there finds what it asked for. */
    private void enter(CandidacyEffect.Enter enter) {
        loop.ask(store.compareAndSet(enter.key(), 0, options.candidate(), enter.leaseId()), (swap, failure) -> {
            if (swap instanceof CasResult.Written written) {
                on(new CandidacyEvent.Entered(enter.attempt(), written.entry().creation()));
            } else if (swap instanceof CasResult.Refused refused && refused.present() != null) {
                on(new CandidacyEvent.Entered(enter.attempt(), refused.present().creation()));
            } else {
                // Also if there is no such lease: the next renewal tells.
                on(new CandidacyEvent.Failed(enter.attempt()));
            }
        });
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
        standing = ElectionHealth.Standing.LEADING;
        LOG.info("term-began election={} candidate={} token={}", options.name(), options.candidate(), token);
        history.began(token, options.candidate(), wallTime());
        callbacks.execute(() -> listener.began(begun));
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
        if (options.releasesOverdue()) {
            on(new CandidacyEvent.DrainOverdue());
        }
    }

    private void endTerm(TermEnd seen) {
        HeldTerm over = term;
        if (over == null) {
            return;
        }
        term = null;
        standing = ElectionHealth.Standing.CAMPAIGNING;
        if (!options.releasesOverdue()) {
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
        callbacks.execute(() -> listener.ended(over, why));
    }

    private void left() {
        standing = ElectionHealth.Standing.OUT;
        if (closing != null) {
            closing.cancel();
            closing = null;
        }
        Campaign over = campaign.getAndSet(null);
        if (over != null) {
            over.left(workers);
        }
    }

    private void wakeAt(Moment when) {
        if (wake != null) {
            wake.cancel();
        }
        wake = loop.scheduler().schedule(when.nanosSince(loop.scheduler().now()), () -> on(new CandidacyEvent.Tick()));
    }

    private Instant wallTime() {
        return loop.scheduler().now().wallTime();
    }
}
