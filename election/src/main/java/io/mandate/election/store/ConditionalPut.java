package io.mandate.election.store;

/**
 * A write of a batch: as {@link LeaseStore#compareAndSet}.
 *
 * @param expectedVersion {@link Entry#version} of what is to be replaced, or 0 if there must be no such key
 */
public record ConditionalPut(String key, long expectedVersion, String value) {}
