package io.mandate.testkit;

import io.mandate.election.store.LeaseStore;
import io.mandate.election.store.StoreGuarantees;
import java.nio.charset.StandardCharsets;

/** Refuses requests that {@link LeaseStore} does not allow. */
final class RequestLimits {
    /** Ten years: what is to stay longer needs no lease, and nanoseconds since any time must fit into 64 bits. */
    static final long TTL_MILLIS_MAX = 315_360_000_000L;

    private RequestLimits() {}

    static void requireKey(String key) {
        int bytes = key.getBytes(StandardCharsets.UTF_8).length;
        if (bytes == 0 || bytes > LeaseStore.KEY_BYTES_MAX) {
            throw new IllegalArgumentException("a key of " + bytes + " bytes is not between 1 and "
                    + LeaseStore.KEY_BYTES_MAX + " bytes long: choose another one");
        }
    }

    /** As a key, but may be empty. */
    static void requirePrefix(String prefix) {
        if (!prefix.isEmpty()) {
            requireKey(prefix);
        }
    }

    static void requireLimit(int limit) {
        if (limit < 1 || limit > LeaseStore.LIST_MAX) {
            throw new IllegalArgumentException("a list of " + limit + " entries is not between 1 and "
                    + LeaseStore.LIST_MAX + " entries long: ask for fewer");
        }
    }

    static void requireWrite(String key, long expectedVersion, String value) {
        requireKey(key);
        int bytes = value.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > LeaseStore.VALUE_BYTES_MAX) {
            throw new IllegalArgumentException("a value of " + bytes + " bytes is longer than "
                    + LeaseStore.VALUE_BYTES_MAX + " bytes: keep it elsewhere, and its place here");
        }
        if (expectedVersion < 0) {
            throw new IllegalArgumentException(
                    "an expected version of " + expectedVersion + " is below 0, which stands for no such key");
        }
    }

    static void requireTtl(long ttlMillis, StoreGuarantees guarantees) {
        if (ttlMillis < guarantees.ttlMillisMin() || ttlMillis > TTL_MILLIS_MAX) {
            throw new IllegalArgumentException("a time to live of " + ttlMillis + " ms is not between "
                    + guarantees.ttlMillisMin() + " and " + TTL_MILLIS_MAX + " ms: choose another one");
        }
        if (ttlMillis % guarantees.ttlMillisStep() != 0) {
            throw new IllegalArgumentException("a time to live of " + ttlMillis + " ms is no multiple of "
                    + guarantees.ttlMillisStep() + " ms: round it up");
        }
    }
}
