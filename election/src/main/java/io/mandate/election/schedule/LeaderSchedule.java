package io.mandate.election.schedule;

import io.mandate.election.Election;
import io.mandate.election.Term;
import io.mandate.election.TermEndedException;
import io.mandate.election.session.TermEnd;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseStore;
import io.mandate.election.store.Swap;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs work by the clock on the leader of an election, and nowhere else.
 *
 * <p>The last slot is remembered in the store, and each is claimed there by compare-and-set before its work runs: so a slot is begun by one leader, and a second time only
 * if its first run did not return and {@link Missed#CATCH_UP} was asked for. Slots are counted by the leader's wall clock.
 *
 * <p>While it leads, a schedule occupies a thread of the election's executor. Thread-safe.
 */
public final class LeaderSchedule implements AutoCloseable {
    /** Runs that are caught up at most: whoever was away for longer wants to go on, not to live through it again. */
    static final int CATCH_UP_MAX = 1_000;

    private static final Logger LOG = LoggerFactory.getLogger(LeaderSchedule.class);
    private static final String PREFIX = "mandate/schedule/";

    /** A store that does not answer for longer has its term end anyway. */
    private static final long STORE_SECONDS_MAX = 30;

    private final LeaseStore store;
    private final Election election;
    private final Schedule schedule;
    private final Missed missed;
    private final ScheduledWork work;

    private LeaderSchedule(LeaseStore store, Election election, Schedule schedule, Missed missed, ScheduledWork work) {
        this.store = store;
        this.election = election;
        this.schedule = schedule;
        this.missed = missed;
        this.work = work;
    }

    /**
     * Takes part in the election, and runs the work by the schedule whenever this candidate leads.
     *
     * @param store the one that the election is held on
     * @param election is closed with the schedule, and must not be used for other work
     */
    public static LeaderSchedule start(
            LeaseStore store, Election election, Schedule schedule, Missed missed, ScheduledWork work) {
        LeaderSchedule started = new LeaderSchedule(store, election, schedule, missed, work);
        election.whileLeadingAsync(started::lead).whenComplete((closed, failure) -> {
            if (failure instanceof RuntimeException && !(failure instanceof CancellationException)) {
                LOG.error("schedule-stopped name={}", election.name(), failure);
            }
        });
        return started;
    }

    private void lead(Term term) throws Exception {
        Optional<Entry> entry = answer(store.read(key()));
        long version = entry.map(Entry::version).orElse(0L);
        Deque<Instant> slots = new ArrayDeque<>();
        SlotRecord last = entry.map(Entry::value)
                .map(SlotRecord::parse)
                .orElseGet(() -> new SlotRecord(Instant.now(), 0, Optional.of(Instant.now())));
        if (last.finished().isEmpty() && missed == Missed.CATCH_UP) {
            slots.add(last.slot());
        }
        while (!term.resignRequested().isDone()) {
            if (slots.isEmpty()) {
                addDue(slots, last);
            }
            Instant slot = slots.remove();
            if (!waitUntil(slot, term)) {
                return;
            }
            version = claim(term, new SlotRecord(slot, term.token(), Optional.empty()), version);
            runOnce(term, slot);
            last = new SlotRecord(slot, term.token(), Optional.of(Instant.now()));
            version = claim(term, last, version);
        }
    }

    private String key() {
        return PREFIX + election.name();
    }

    /** The slots that have passed, if they are to be caught up, or else the next one to come. */
    private void addDue(Deque<Instant> slots, SlotRecord last) {
        Instant now = Instant.now();
        Instant finished = last.finished().orElse(now);
        Instant next = schedule.next(last.slot(), finished);
        while (!next.isAfter(now)) {
            slots.add(next);
            if (slots.size() > CATCH_UP_MAX) {
                slots.remove();
            }
            next = schedule.next(next, now);
        }
        if (missed == Missed.SKIP) {
            slots.clear();
        }
        if (slots.isEmpty()) {
            slots.add(next);
        }
    }

    /** Whether it is time; false if the candidate was asked to resign before. */
    private static boolean waitUntil(Instant slot, Term term) throws InterruptedException {
        // Looks again after each wait, because the clock may have been set.
        for (Duration left = until(slot); !left.isNegative() && !left.isZero(); left = until(slot)) {
            if (isAskedToResignWithin(left, term)) {
                return false;
            }
        }
        return true;
    }

    private static Duration until(Instant slot) {
        return Duration.between(Instant.now(), slot);
    }

    private static boolean isAskedToResignWithin(Duration time, Term term) throws InterruptedException {
        try {
            term.resignRequested().get(time.toNanos(), TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException notYet) {
            return false;
        } catch (ExecutionException impossible) {
            throw new AssertionError(impossible);
        }
    }

    /** Writes the record if nobody else did; whoever did leads now. */
    private long claim(Term term, SlotRecord record, long version) throws Exception {
        term.requireValid(Duration.ZERO);
        Swap swap = answer(store.compareAndSet(key(), version, record.text(), 0));
        if (swap instanceof Swap.Written written) {
            return written.entry().version();
        }
        if (swap instanceof Swap.Refused refused
                && refused.present() != null
                && refused.present().value().equals(record.text())) {
            // The answer to a write that was sent twice.
            return refused.present().version();
        }
        term.superseded();
        throw new TermEndedException(
                "another leader has claimed a slot of schedule " + election.name(), TermEnd.SUPERSEDED);
    }

    private void runOnce(Term term, Instant slot) throws InterruptedException {
        try {
            work.run(term, slot);
        } catch (InterruptedException | TermEndedException over) {
            throw over;
        } catch (Exception failure) {
            LOG.error("scheduled-run-failed name={} slot={}", election.name(), slot, failure);
        }
    }

    private static <A> A answer(CompletionStage<A> stage) throws Exception {
        return stage.toCompletableFuture().get(STORE_SECONDS_MAX, TimeUnit.SECONDS);
    }

    /** Waits for a run that is under way, and leaves the election. */
    @Override
    public void close() {
        election.close();
    }
}
