package io.mandate.keyspace.api;

import io.mandate.keyspace.Keyspace;

/** Answer to {@link Keyspace#hashKv}. */
public sealed interface HashKv {

    /**
     * The hash.
     *
     * @param compactedRevision history before it is not part of the hash; -1 if there was no compaction
     * @param hashRevision up to where history was hashed
     * @param revision the store's revision at the time
     */
    record Hashed(int hash, long compactedRevision, long hashRevision, long revision) implements HashKv {}

    /** The revision asked for is compacted or in the future. */
    record Refused(Outcome.Refused.Reason reason) implements HashKv {}
}
