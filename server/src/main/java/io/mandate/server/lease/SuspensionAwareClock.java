package io.mandate.server.lease;

/**
 * Time that stands still while the process does not run. A leader that was suspended finds its leases overdue although
 * their holders' renewals lie unread in its sockets; so the time it overslept is not counted, and neither is a grace in
 * which it can hear them. It never goes back and is only ever slow, and late expiry is safe (L1, L3); but it always
 * goes on, so that a leader that is late at every turn still expires leases. Not thread-safe.
 */
final class SuspensionAwareClock {
    /** Coming later than planned by less than this is an ordinary delay; of a longer one, this much is counted. */
    static final long LATE_NANOS_MAX = 50_000_000;

    /** Time to read what arrived while the process stood. */
    static final long GRACE_NANOS = 200_000_000;

    private long lastNanos;
    private long graceEndNanos;
    private long awakeNanos;
    private int suspensions;

    SuspensionAwareClock(long nowNanos) {
        lastNanos = nowNanos;
        graceEndNanos = nowNanos;
    }

    /**
     * The time awake, from 0.
     *
     * @param plannedNanos when the caller had planned to be here, at the latest
     */
    long read(long nowNanos, long plannedNanos) {
        long oversleptNanos = Math.max(0, nowNanos - plannedNanos - LATE_NANOS_MAX);
        long inGraceNanos = Math.max(0, Math.min(nowNanos - lastNanos, graceEndNanos - lastNanos));
        awakeNanos += Math.max(0, nowNanos - lastNanos - oversleptNanos - inGraceNanos);
        if (oversleptNanos > 0) {
            suspensions++;
        }
        if (oversleptNanos > 0 && lastNanos - graceEndNanos >= 0) {
            graceEndNanos =
                    nowNanos + GRACE_NANOS; // one grace does not follow another at once, or time might stand for ever
        }
        lastNanos = nowNanos;
        return awakeNanos;
    }

    /** How often so far it was noticed that the process had stood. */
    int suspensions() {
        return suspensions;
    }
}
