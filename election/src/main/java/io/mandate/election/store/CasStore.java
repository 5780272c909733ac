package io.mandate.election.store;

import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * A store that can read a record and replace it if nobody else did: what nearly every database offers.
 * {@link EmulatedLeases} makes it a {@link LeaseStore}.
 *
 * <p>Records are never deleted through this interface, so that their versions grow for ever. Both operations are
 * linearizable, and neither blocks; failures are {@link StoreException}s in the stage, and are not thrown. Thread-safe.
 */
public interface CasStore extends AutoCloseable {
    /** How messages call it. */
    String name();

    /** The record; empty if it was never written. */
    CompletionStage<Optional<VersionedRecord>> read(String name);

    /**
     * Writes a record if it has the expected version.
     *
     * @param expectedVersion 0 if there must be no such record
     * @return the version written; empty if the record had another one
     */
    CompletionStage<Optional<Long>> compareAndSet(String name, long expectedVersion, String content);

    @Override
    void close();

    /**
     * A record as it was at one moment.
     *
     * @param version differs between any two writes of the record; above 0
     */
    record VersionedRecord(String content, long version) {}
}
