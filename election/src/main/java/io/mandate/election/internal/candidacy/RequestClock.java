package io.mandate.election.internal.candidacy;

import io.mandate.election.internal.time.Moment;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * When the next request of a candidacy is due, and which answers still count. One request is under way at a time; a
 * request without an answer is sent again. Confined to its candidacy.
 */
final class RequestClock {
    private static final long RETRY_NANOS_MIN = 20_000_000;
    private static final int RETRY_DOUBLINGS = 6;
    /** The polls of all candidates of a process fall on so many moments in a poll interval, to be sent in batches. */
    private static final int POLL_STEPS = 8;

    private final CandidacyOptions options;
    private final RandomGenerator random;
    private long attempts;
    /** Answers to attempts up to here belong to a state that is over. */
    private long staleAttempts;
    /** The attempt under way; 0 for none. */
    private long pending;
    /** A change was reported while a request was under way. */
    private boolean repeat;

    private int failuresInARow;
    private Optional<Moment> due = Optional.empty();

    RequestClock(CandidacyOptions options, RandomGenerator random) {
        this.options = options;
        this.random = random;
    }

    /** A state begins that sends a request, at this moment. */
    void restart(Moment first) {
        stop();
        failuresInARow = 0;
        due = Optional.of(first);
    }

    /** A state begins that sends no request. */
    void stop() {
        staleAttempts = attempts;
        pending = 0;
        repeat = false;
        due = Optional.empty();
    }

    /** Sends nothing until {@link #at} says when; answers still count. */
    void pause() {
        due = Optional.empty();
    }

    void at(Moment when) {
        due = Optional.of(when);
    }

    /** Whether this attempt was sent in the present state. */
    boolean counts(long attempt) {
        return attempt > staleAttempts;
    }

    /** An answer came: the next request is a poll. */
    void answered(long attempt, Moment now) {
        failuresInARow = 0;
        if (attempt >= pending) {
            pending = 0;
        }
        due = Optional.of(repeat ? now : rounded(now.plusNanos(spread(options.pollNanos()))));
        repeat = false;
    }

    /** The attempt failed: it is repeated after a pause that doubles. */
    void failed(long attempt, Moment now) {
        if (attempt == pending) {
            pending = 0;
            long nanos = RETRY_NANOS_MIN << Math.min(failuresInARow, RETRY_DOUBLINGS);
            failuresInARow++;
            due = Optional.of(now.plusNanos(spread(nanos)));
        }
    }

    /** What a request reads may have changed: the next one is due now, or after the answer to the present one. */
    void changed(Moment now) {
        if (pending == 0) {
            due = Optional.of(now);
        } else {
            repeat = true;
        }
    }

    /** The number of the attempt to send now; empty if none is due. */
    Optional<Long> takeDue(Moment now) {
        if (due.isEmpty() || due.get().nanosSince(now) > 0) {
            return Optional.empty();
        }
        attempts++;
        pending = attempts;
        due = Optional.of(now.plusNanos(options.answerNanosMax()));
        return Optional.of(attempts);
    }

    /** When the next request is due. */
    Optional<Moment> due() {
        return due;
    }

    /** A poll interval from now, spread. */
    Moment nextPoll(Moment now) {
        return now.plusNanos(spread(options.pollNanos()));
    }

    private Moment rounded(Moment when) {
        long stepNanos = Math.max(1, options.pollNanos() / POLL_STEPS);
        return when.plusNanos(-Math.floorMod(when.monotonicNanos(), stepNanos));
    }

    /** By a quarter to either side, so that many processes do not ask at the same moment. */
    private long spread(long nanos) {
        return (long) (nanos * random.nextDouble(0.75, 1.25));
    }
}
