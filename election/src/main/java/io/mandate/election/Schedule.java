package io.mandate.election;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;

/** When work is to run. Immutable. */
public sealed interface Schedule permits Schedule.FixedRate, Schedule.FixedDelay, Cron {
    /** Shorter periods are a loop, not a schedule: each run costs two writes to the store. */
    Duration PERIOD_MIN = Duration.ofMillis(100);

    /** A decade: longer than any leader lives. */
    Duration PERIOD_MAX = Duration.ofDays(3_653);

    /**
     * The run that comes next.
     *
     * @param lastSlot the time that the last run was due
     * @param lastFinished when it returned
     */
    Instant next(Instant lastSlot, Instant lastFinished);

    /** Every so often, counted from 1970: so that all machines mean the same times. */
    static Schedule fixedRate(Duration period) {
        return new FixedRate(period);
    }

    /** So long after the last run returned. */
    static Schedule fixedDelay(Duration delay) {
        return new FixedDelay(delay);
    }

    /**
     * By five fields: minute, hour, day of month, month, day of week; each {@code *}, a number, a name of three letters
     * (months, days of the week), a range {@code a-b}, a list {@code a,b}, or one of these by steps
     * ({@code *}{@code /15}). Sunday is 0 or 7. If both days are restricted, either suffices (POSIX crontab).
     *
     * @param zone whose clock counts. A time that the zone skips does not come on that day; one that it has twice comes
     *     once
     * @throws IllegalArgumentException naming the field and its bounds
     */
    static Schedule cron(String expression, ZoneId zone) {
        return Cron.parse(expression, zone);
    }

    private static void requirePeriod(Duration period) {
        if (period.compareTo(PERIOD_MIN) < 0 || period.compareTo(PERIOD_MAX) > 0) {
            throw new IllegalArgumentException("a period of " + period + " is not between " + PERIOD_MIN + " and "
                    + PERIOD_MAX + ": choose one that is");
        }
    }

    /** See {@link #fixedRate}. */
    record FixedRate(Duration period) implements Schedule {
        public FixedRate {
            requirePeriod(period);
        }

        @Override
        public Instant next(Instant lastSlot, Instant lastFinished) {
            long periodMillis = period.toMillis();
            return Instant.ofEpochMilli((Math.floorDiv(lastSlot.toEpochMilli(), periodMillis) + 1) * periodMillis);
        }
    }

    /** See {@link #fixedDelay}. */
    record FixedDelay(Duration delay) implements Schedule {
        public FixedDelay {
            requirePeriod(delay);
        }

        @Override
        public Instant next(Instant lastSlot, Instant lastFinished) {
            return lastFinished.plus(delay);
        }
    }
}
