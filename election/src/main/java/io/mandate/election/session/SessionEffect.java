package io.mandate.election.session;

import io.mandate.election.time.Moment;

/** What is to be done for a session, in this order. */
public sealed interface SessionEffect {
    /** Ask the store for a lease. */
    record Grant(long attempt, long ttlMillis) implements SessionEffect {}

    /** Ask the store to renew the lease. */
    record Renew(long attempt, long leaseId) implements SessionEffect {}

    /** Tell the store that the lease is not needed; nobody waits for the answer. */
    record Revoke(long leaseId) implements SessionEffect {}

    /** Tell the holder that it has a lease. */
    record Began(long leaseId, Deadline deadline) implements SessionEffect {}

    /** Tell the holder that its lease lasts longer. */
    record Extended(long leaseId, Deadline deadline) implements SessionEffect {}

    /**
     * Warn: renewals are overdue, and the lease ends in so much time unless one succeeds. Once until the next renewal.
     */
    record Endangered(long leaseId, long remainingNanos) implements SessionEffect {}

    /** Tell the holder that its lease has ended. */
    record Ended(long leaseId, TermEnd why) implements SessionEffect {}

    /** Tell {@link SessionEvent.Tick} at this moment, and forget the one asked for before. */
    record WakeAt(Moment when) implements SessionEffect {}
}
