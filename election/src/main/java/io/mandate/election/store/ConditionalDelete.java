package io.mandate.election.store;

/**
 * A delete of a batch: as {@link LeaseStore#delete}.
 *
 * @param creation {@link Entry#creation}
 */
public record ConditionalDelete(String key, long creation) {}
