package io.mandate.server.lease;

/**
 * A clock that stops while the process does not run. A leader that was suspended finds its leases overdue, although
 * their holders' renewals are unread in its sockets; so the clock counts neither the time by which the process
 * overslept nor a grace period for reading those renewals. The clock never goes back and is only ever slow, and late
 * expiry is safe (L1, L3). It always advances, so that a leader that is late at every run still expires leases. Not
 * thread-safe.
 */
final class SuspensionAwareClock {
    /** A delay up to this is ordinary; of a longer one, this much is counted. */
    static final long LATE_NANOS_MAX = 50_000_000;

    /** The grace period: time to read what arrived during a suspension. */
    static final long GRACE_NANOS = 200_000_000;

    private long lastNanos;
    private long graceEndNanos;
    private long runningNanos;
    private int suspensions;

    SuspensionAwareClock(long nowNanos) {
        lastNanos = nowNanos;
        graceEndNanos = nowNanos;
    }

    /**
     * The time for which the process has run, in nanoseconds, from 0.
     *
     * @param plannedNanos the latest time at which the caller had planned to call
     */
    long read(long nowNanos, long plannedNanos) {
        long oversleptNanos = Math.max(0, nowNanos - plannedNanos - LATE_NANOS_MAX);
        long inGraceNanos = Math.max(0, Math.min(nowNanos - lastNanos, graceEndNanos - lastNanos));
        runningNanos += Math.max(0, nowNanos - lastNanos - oversleptNanos - inGraceNanos);
        if (oversleptNanos > 0) {
            suspensions++;
        }
        if (oversleptNanos > 0 && lastNanos - graceEndNanos >= 0) {
            // A grace period does not follow another at once, or the clock might never advance.
            graceEndNanos = nowNanos + GRACE_NANOS;
        }
        lastNanos = nowNanos;
        return runningNanos;
    }

    /** The number of suspensions noticed so far. */
    int suspensions() {
        return suspensions;
    }
}
