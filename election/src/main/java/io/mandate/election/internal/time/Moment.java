package io.mandate.election.internal.time;

import java.time.Instant;

/**
 * One moment on both of a process's clocks, read one right after the other.
 *
 * @param monotonicNanos of a clock that nobody sets, and that may stand still while the machine is suspended, such as
 *     {@link System#nanoTime}. Its zero means nothing; two readings are compared by their difference
 * @param wallNanos since 1970, of the clock of dates, which goes on while the machine is suspended, and may be set
 *     forward or back
 */
public record Moment(long monotonicNanos, long wallNanos) {
    /** The moment on which both clocks show so much more. */
    public Moment plusNanos(long nanos) {
        return new Moment(monotonicNanos + nanos, wallNanos + nanos);
    }

    /** The date, by the wall clock: to be shown, and never compared with another machine's without a bound. */
    public Instant wallTime() {
        return Instant.ofEpochSecond(0, wallNanos);
    }

    /** Nanoseconds from {@code earlier} to this on the monotonic clock. */
    public long nanosSince(Moment earlier) {
        return monotonicNanos - earlier.monotonicNanos;
    }
}
