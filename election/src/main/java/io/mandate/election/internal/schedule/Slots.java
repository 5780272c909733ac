package io.mandate.election.internal.schedule;

import io.mandate.election.MissedRuns;
import io.mandate.election.Schedule;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * Which slot of a schedule comes next, by what the store remembers and by a leader's wall clock. Pure: the time is an
 * argument. Confined to one thread at a time.
 *
 * <p>The next slot is counted from the remembered one and not from now, so a leader whose clock is behind the last
 * one's waits until that slot has passed for it too, instead of running it again. How long it may wait for that is
 * bounded: a remembered slot that lies further ahead than this machine's next slot and the clock tolerance is ignored,
 * because one of two clocks is wrong then, and it is unknown which. The schedule goes on by this machine's clock.
 */
public final class Slots {
    /** The most missed runs that are caught up: after a longer outage the latest ones matter. */
    public static final int CATCH_UP_MAX = 1_000;

    private final Schedule schedule;
    private final MissedRuns missed;
    private final Duration clockTolerance;
    private final Deque<Instant> queue = new ArrayDeque<>();
    private SlotRecord last = new SlotRecord(Instant.EPOCH, 0, Optional.of(Instant.EPOCH));
    /** A run that did not return is run again at once, whatever its slot's time. */
    private boolean lastIsDueAgain;

    /** @param clockTolerance by how much the clocks of two leaders may differ */
    public Slots(Schedule schedule, MissedRuns missed, Duration clockTolerance) {
        this.schedule = schedule;
        this.missed = missed;
        this.clockTolerance = clockTolerance;
    }

    /** Goes on from what the store remembers; from now if that is nothing. */
    public void resume(Optional<SlotRecord> remembered, Instant now) {
        queue.clear();
        last = remembered.orElseGet(() -> new SlotRecord(now, 0, Optional.of(now)));
        lastIsDueAgain = last.finished().isEmpty() && missed == MissedRuns.CATCH_UP;
    }

    /** A slot has been run, and is remembered so. */
    public void ran(SlotRecord record) {
        if (lastIsDueAgain) {
            lastIsDueAgain = false;
        } else {
            queue.poll();
        }
        last = record;
    }

    /** The slot to run next. */
    public Instant next(Instant now) {
        if (lastIsDueAgain) {
            return last.slot();
        }
        Instant head = queue.peek();
        if (head == null || isTooFarAhead(head, now)) {
            queue.clear();
            refill(now);
            head = queue.element();
        }
        return head;
    }

    /** Whether it is time for {@link #next}. */
    public boolean isDue(Instant now) {
        return lastIsDueAgain || !next(now).isAfter(now);
    }

    /** How many slots are known to be due. */
    public int due(Instant now) {
        return isDue(now) ? queue.size() + (lastIsDueAgain ? 1 : 0) : 0;
    }

    /** The slot that was run last, by whomever. */
    public Instant last() {
        return last.slot();
    }

    /**
     * Whether slots of this machine's clock are left out because the last leader's clock had passed them, or its slot
     * is not believed.
     */
    public boolean isAhead(Instant now) {
        return last.slot().isAfter(now) && !following(now).isAfter(last.slot());
    }

    /** Whether the slot that was run last may be counted from. */
    public boolean isBelieved(Instant now) {
        return !isTooFarAhead(last.slot(), now);
    }

    /** The first slot that is to come by this machine's clock, whatever is remembered. */
    public Instant following(Instant now) {
        return schedule.next(now, now);
    }

    private boolean isTooFarAhead(Instant slot, Instant now) {
        return slot.isAfter(following(now).plus(clockTolerance));
    }

    private void refill(Instant now) {
        Instant base = isBelieved(now) ? last.slot() : now;
        // A run that returned in the future returned before now: the next one is then due after one delay at the
        // latest.
        Instant finished = last.finished().filter(at -> at.isBefore(now)).orElse(now);
        Instant next = schedule.next(base, finished);
        if (next.isAfter(now)) {
            queue.add(next);
        } else if (missed == MissedRuns.SKIP) {
            queue.add(following(now));
        } else {
            catchUp(base, next, now);
        }
    }

    private void catchUp(Instant base, Instant first, Instant now) {
        Instant from = catchUpFrom(base, now);
        Instant next = from.equals(base) ? first : schedule.next(from, now);
        while (!next.isAfter(now)) {
            queue.add(next);
            if (queue.size() > CATCH_UP_MAX) {
                queue.remove();
            }
            next = schedule.next(next, now);
        }
    }

    /**
     * A time from which on enough slots have passed, found without counting through all those since the remembered one:
     * a clock that once stood at 1970 would have left behind more than a billion.
     */
    private Instant catchUpFrom(Instant base, Instant now) {
        Instant first = following(now);
        Duration span = Duration.between(first, schedule.next(first, first)).multipliedBy(CATCH_UP_MAX);
        while (true) {
            Instant from = now.minus(span);
            if (!from.isAfter(base) || from.isBefore(Instant.EPOCH)) {
                return base;
            }
            if (haveEnoughPassed(from, now)) {
                return from;
            }
            span = span.multipliedBy(2);
        }
    }

    private boolean haveEnoughPassed(Instant from, Instant now) {
        Instant slot = from;
        for (int i = 0; i < CATCH_UP_MAX; i++) {
            slot = schedule.next(slot, now);
            if (slot.isAfter(now)) {
                return false;
            }
        }
        return true;
    }
}
