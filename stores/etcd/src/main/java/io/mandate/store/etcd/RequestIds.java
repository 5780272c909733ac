package io.mandate.store.etcd;

import io.grpc.Metadata;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Numbers for requests, by which Mandate applies each once however often it is sent, and gives the first answer again.
 * They count per lease, which is the session that the answers are kept for, and only on leases that were granted here:
 * another connection would count from 1 as well, and get the answers to this one's requests. An etcd does not read
 * them. Thread-safe.
 */
final class RequestIds {
    private static final int NUMBERED_ATTEMPTS = 3;

    private final Map<Long, AtomicLong> sequences = new ConcurrentHashMap<>();

    /** A lease was granted to this connection. */
    void begin(long leaseId) {
        sequences.put(leaseId, new AtomicLong());
    }

    /**
     * The metadata of one request's attempts.
     *
     * @param leaseId of a lease of whomever, or 0 for none
     */
    Unary.OfAttempt<Metadata> of(long leaseId) {
        AtomicLong ownLease = sequences.get(leaseId);
        if (ownLease == null) {
            return attempt -> StoreMetadata.none();
        }
        long sequence = ownLease.incrementAndGet();
        // Of more than the store remembers at once it refuses the oldest, which says nothing: those are told apart by
        // looking.
        return attempt ->
                attempt <= NUMBERED_ATTEMPTS ? StoreMetadata.requestId(leaseId, sequence) : StoreMetadata.none();
    }

    void forget(long leaseId) {
        sequences.remove(leaseId);
    }
}
