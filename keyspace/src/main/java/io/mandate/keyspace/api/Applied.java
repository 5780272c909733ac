package io.mandate.keyspace.api;

import java.util.List;

/**
 * What applying one request has brought about: the answer, and what the drivers around the keyspace must do next.
 *
 * @param events the changes in the order they were made; of one revision, but for an expiry, which has one revision per
 *     lease
 * @param leaseChanges leases that began or ended
 */
public record Applied(Outcome outcome, List<Event> events, List<LeaseChange> leaseChanges) {

    /** A lease began or ended. */
    public sealed interface LeaseChange {
        long leaseId();
    }

    /** {@code lease} is to be watched for expiry from now on. */
    public record LeaseStarted(Lease lease) implements LeaseChange {
        @Override
        public long leaseId() {
            return lease.id();
        }
    }

    /** The lease is gone, revoked or expired. */
    public record LeaseEnded(long leaseId) implements LeaseChange {}
}
