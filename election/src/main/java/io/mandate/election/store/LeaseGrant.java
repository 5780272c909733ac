package io.mandate.election.store;

/**
 * A lease as the store granted it.
 *
 * @param leaseId never 0
 * @param ttlMillis what was asked for, or longer
 */
public record LeaseGrant(long leaseId, long ttlMillis) {}
