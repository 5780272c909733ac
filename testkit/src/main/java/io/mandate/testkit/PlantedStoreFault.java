package io.mandate.testkit;

/**
 * A mistake that a store in memory makes when asked to. For tests of tests: a simulation or a suite that does not
 * notice what it is there to notice proves nothing.
 */
public enum PlantedStoreFault {
    /**
     * {@link io.mandate.election.store.Entry#creation} counts from 1 again where a directory has become empty: a
     * fencing token is given out twice.
     */
    CREATIONS_REPEAT,
    /**
     * {@link io.mandate.election.store.Entry#version} counts the writes of a key since it was created, so that a key
     * made anew looks like the old one.
     */
    VERSIONS_REPEAT,
    /** A compare-and-set does not compare. */
    EXPECTED_VERSION_IGNORED,
    /** A compare-and-set takes a lease that has ended for one that lives. */
    ENDED_LEASES_TAKEN,
    /** A delete goes by the key's name, whenever it was created. */
    CREATION_IGNORED,
    /** Leases end when half of their time is over. */
    LEASES_END_EARLY,
    /** Leases never end by themselves. */
    LEASES_NEVER_END,
    /** A renewal of a lease is answered, and forgotten. */
    RENEWALS_FORGOTTEN,
    /** A renewal of a lease that has ended is answered as if it lived. */
    ENDED_LEASES_RENEWED,
    /** A lease that is revoked leaves its keys behind. */
    REVOKED_KEYS_STAY,
    /** A key ends with each of the leases that it was ever written with. */
    FORMER_LEASES_COUNT
}
