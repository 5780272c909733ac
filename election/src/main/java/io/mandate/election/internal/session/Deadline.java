package io.mandate.election.internal.session;

import io.mandate.election.internal.time.Moment;

/**
 * The moment from which on a lease may have ended in the store, as the holder has to see it: never later than the
 * store's.
 *
 * <p>The store counts the time to live from when it heard the request, which was after the request was sent. So the
 * holder counts from before it was sent, and takes the drift bound off: by so much the holder's clock may be slower
 * than the store's. (C. Gray, D. Cheriton: Leases. SOSP 1989, §2.)
 *
 * <p>The deadline has passed when either clock says so. The monotonic one may have stood still while the machine was
 * suspended, which the other shows. That one may have been set: forward ends a term too early, which costs a hand-over;
 * back changes nothing, because the first one still counts. Only a machine that is suspended and has its wall clock set
 * back by as much, both within one time to live, sees neither: guards must refuse its writes.
 *
 * @param onMonotonicNanos by the monotonic clock
 * @param onWallNanos by the wall clock
 */
public record Deadline(long onMonotonicNanos, long onWallNanos) {
    private static final long NANOS_PER_MILLI = 1_000_000;

    /**
     * The deadline of a lease.
     *
     * @param sent when the grant or the renewal was sent, read before sending
     * @param ttlMillis as the store granted it
     * @param driftBound how much slower this machine's clocks may run than the store's, as a fraction: 0.01 is one
     *     percent
     */
    static Deadline of(Moment sent, long ttlMillis, double driftBound) {
        long heldNanos = (long) (ttlMillis * NANOS_PER_MILLI * (1 - driftBound));
        return new Deadline(sent.monotonicNanos() + heldNanos, sent.wallNanos() + heldNanos);
    }

    /** Nanoseconds that are left; 0 or less when the deadline has passed. */
    public long remainingNanos(Moment now) {
        return Math.min(onMonotonicNanos - now.monotonicNanos(), onWallNanos - now.wallNanos());
    }

    public boolean hasPassed(Moment now) {
        return remainingNanos(now) <= 0;
    }

    /**
     * Whether it passed while this process, or the whole machine, was not running: the wall clock says so, the
     * monotonic one does not.
     */
    public boolean passedInSuspension(Moment now) {
        return hasPassed(now) && onMonotonicNanos - now.monotonicNanos() > 0;
    }
}
