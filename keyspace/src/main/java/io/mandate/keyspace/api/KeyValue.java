package io.mandate.keyspace.api;

/**
 * A key as it stood at one revision.
 *
 * @param createRevision revision of the put that brought the key into being
 * @param modRevision revision of the put that gave it this value
 * @param version number of puts since it came into being, from 1
 * @param leaseId the lease it is attached to, 0 for none
 */
public record KeyValue(Bytes key, Bytes value, long createRevision, long modRevision, long version, long leaseId) {}
