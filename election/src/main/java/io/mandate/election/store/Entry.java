package io.mandate.election.store;

/**
 * A key as it was at one moment.
 *
 * @param key what it is called
 * @param value what it says
 * @param version of the last write; no other write of this key has, had or will have the same. Above 0
 * @param creation version at which the key came to be. Of keys with the same prefix up to their last slash, one that
 *     came later has a larger one, for ever: also when those before it have been deleted
 * @param leaseId the lease that the key ends with; 0 for none
 */
public record Entry(String key, String value, long version, long creation, long leaseId) {}
