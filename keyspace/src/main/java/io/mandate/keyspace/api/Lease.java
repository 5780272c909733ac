package io.mandate.keyspace.api;

/**
 * A granted lease. When it ends is not known here: renewals are not replicated, the leader alone keeps the time (L2,
 * L6).
 *
 * @param ttlMillis time to live in milliseconds
 * @param grantIndex how many leases had been granted up to this one, which distinguishes two leases of the same id. Not
 *     the log index: several grants share one
 */
public record Lease(long id, long ttlMillis, long grantIndex) {}
