package io.mandate.election.store;

/**
 * What a store promises. What is not safe to hold an election on is refused when the election starts, with the reason.
 *
 * @param store how messages call it, such as {@code "etcd at 10.0.0.1:2379"}
 * @param expiry who ends a lease that is not renewed
 * @param ttlMillisMin the shortest lease it can keep
 * @param ttlMillisStep leases are a multiple of this: 1,000 for a store that counts whole seconds
 * @param creationsGrow whether {@link Entry#creation} outlives deletes, restarts and fail-over, as fencing tokens must
 * @param watches whether {@link LeaseStore#watch} ever calls; without, waiters look more often
 */
public record StoreGuarantees(
        String store, Expiry expiry, long ttlMillisMin, long ttlMillisStep, boolean creationsGrow, boolean watches) {
    /** Who ends a lease that is not renewed. */
    public enum Expiry {
        /** The store, by its own clock. */
        STORE,
        /** Whoever waits for its end, after having seen no renewal for a time to live by its own monotonic clock. */
        OBSERVER,
        /** Nobody: whoever dies leads for ever. */
        NOBODY
    }

    /**
     * Refuses what cannot be safe.
     *
     * @throws IllegalArgumentException naming the store, what it cannot do, and what can be done
     */
    public void requireElectable(long ttlMillis) {
        if (expiry == Expiry.NOBODY) {
            throw new IllegalArgumentException(
                    store + " does not end leases: a dead leader would lead for ever. Use a store"
                            + " that does, or wrap its adapter in ObservedLeases");
        }
        if (!creationsGrow) {
            throw new IllegalArgumentException(
                    store + " may number a later leader like an earlier one: a guard could not tell"
                            + " them apart. Use a store whose versions outlive deletes");
        }
        if (ttlMillis < ttlMillisMin) {
            throw new IllegalArgumentException("a time to live of " + ttlMillis + " ms is too short for " + store
                    + ", which keeps leases of " + ttlMillisMin + " ms and longer");
        }
        if (ttlMillis % ttlMillisStep != 0) {
            throw new IllegalArgumentException("a time to live of " + ttlMillis + " ms cannot be kept by " + store
                    + ", which counts in steps of " + ttlMillisStep + " ms; it would be rounded");
        }
    }
}
