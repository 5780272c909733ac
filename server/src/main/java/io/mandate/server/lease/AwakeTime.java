package io.mandate.server.lease;

/**
 * Time that stands still while the process does not run. A leader that was suspended finds its leases overdue although their holders' renewals lie
 * unread in its sockets; so the time it overslept is not counted, and a grace on top lets it hear them first. It is only ever slow, and late expiry is
 * safe (L1, L3). Not thread-safe.
 */
final class AwakeTime {
    /** Waking later than planned by less than this is an ordinary delay. */
    static final long LATE_NANOS_MAX = 50_000_000;

    /** Time to read what arrived while the process stood. */
    static final long GRACE_NANOS = 200_000_000;

    private long skippedNanos;

    /** The time now, given when the caller had planned to be here at the latest. */
    long read(long nowNanos, long plannedNanos) {
        long lateNanos = nowNanos - plannedNanos;
        if (lateNanos > LATE_NANOS_MAX) {
            skippedNanos += lateNanos + GRACE_NANOS;
        }
        return nowNanos - skippedNanos;
    }
}
