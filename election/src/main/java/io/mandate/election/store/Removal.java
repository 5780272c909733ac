package io.mandate.election.store;

/**
 * A delete of a batch: as {@link LeaseStore#delete}.
 *
 * @param creation {@link Entry#creation}
 */
public record Removal(String key, long creation) {}
