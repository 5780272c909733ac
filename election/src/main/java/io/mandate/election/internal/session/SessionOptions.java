package io.mandate.election.internal.session;

import java.time.Duration;

/**
 * How one process holds its lease.
 *
 * @param ttlMillis time to live asked for; {@value #TTL_MILLIS_MIN} to {@value #TTL_MILLIS_MAX}
 * @param driftBound how much slower this machine's clocks may run than the store's, as a fraction from 0 to
 *     {@value #DRIFT_BOUND_MAX}; see {@link Deadline}
 */
public record SessionOptions(long ttlMillis, double driftBound) {
    /** Below, one garbage collection or one slow disk ends leases. */
    public static final long TTL_MILLIS_MIN = 100;

    /** One day: a service that can wait longer for a dead leader does not need an election. */
    public static final long TTL_MILLIS_MAX = 86_400_000;

    /** A clock that is off by more is broken. */
    public static final double DRIFT_BOUND_MAX = 0.5;

    /** Ten times what clocks of computers may be off without being reported as defect. */
    public static final double DRIFT_BOUND_DEFAULT = 0.01;

    /** Checks the bounds; the message of the refusal names the value, the bound and what to do. */
    public SessionOptions {
        if (ttlMillis < TTL_MILLIS_MIN || ttlMillis > TTL_MILLIS_MAX) {
            throw ttlOutOfBounds(ttlMillis + " ms");
        }
        if (!(driftBound >= 0 && driftBound <= DRIFT_BOUND_MAX)) {
            throw new IllegalArgumentException("a drift bound of " + driftBound + " is not between 0 and "
                    + DRIFT_BOUND_MAX + ": give a fraction, such as 0.01 for one percent");
        }
    }

    /** Of a time to live in parts of milliseconds, which are cut off. Refuses as the constructor does. */
    public static SessionOptions of(Duration ttl, double driftBound) {
        if (ttl.isNegative() || ttl.compareTo(Duration.ofMillis(TTL_MILLIS_MAX)) > 0) {
            throw ttlOutOfBounds(ttl.toString());
        }
        return new SessionOptions(ttl.toMillis(), driftBound);
    }

    private static IllegalArgumentException ttlOutOfBounds(String ttl) {
        return new IllegalArgumentException("a time to live of " + ttl + " is not between " + TTL_MILLIS_MIN + " and "
                + TTL_MILLIS_MAX + " ms: choose how long a dead leader may go unnoticed");
    }

    /** With the default drift bound of one percent. */
    public static SessionOptions ofTtl(long ttlMillis) {
        return new SessionOptions(ttlMillis, DRIFT_BOUND_DEFAULT);
    }

    /** From one renewal to the next, while all is well. */
    long renewalIntervalNanos() {
        return ttlMillis * 1_000_000 / 3;
    }

    /**
     * A holder renews after a third of the time to live at most, so one that has not run for half of it was suspended.
     */
    public long standstillNanos() {
        return ttlMillis * 1_000_000 / 2;
    }

    /**
     * After which a request without an answer is given up and sent again: so that there are several in one time to
     * live.
     */
    long answerNanosMax() {
        return ttlMillis * 1_000_000 / 4;
    }
}
