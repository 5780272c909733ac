package io.mandate.testkit;

/**
 * A mistake that a store in memory makes when asked to. For tests of tests: a simulation or a suite that does not notice what it is there to notice proves
 * nothing.
 */
public enum PlantedFault {
    /** {@link io.mandate.election.store.Entry#creation} counts from 1 again where a directory has become empty: a fencing token is given out twice. */
    CREATIONS_REPEAT,
    /** {@link io.mandate.election.store.Entry#version} counts the writes of a key since it was created, so that a key made anew looks like the old one. */
    VERSIONS_REPEAT,
    /** A compare-and-set does not compare. */
    EXPECTED_VERSION_IGNORED,
    /** A compare-and-set takes a lease that has ended for one that lives. */
    ENDED_LEASES_TAKEN,
    /** A delete goes by the key's name, whichever time it was created. */
    CREATION_IGNORED,
    /** Leases end when half of their time is over. */
    LEASES_END_EARLY,
    /** Leases never end by themselves. */
    LEASES_NEVER_END,
    /** A renewal of a lease is answered, and forgotten. */
    RENEWALS_FORGOTTEN,
    /** A renewal makes a lease that has ended live again. */
    ENDED_LEASES_RENEWED,
    /** A lease that is revoked leaves its keys behind. */
    REVOKED_KEYS_STAY,
    /** Lists are in the order of keys, not of creations. */
    LISTS_BY_KEY,
    /** Lists are as long as they like. */
    LIST_LIMIT_IGNORED,
    /** Lists hold what their prefix leads to as a path, not what begins with it. */
    LISTS_BY_PATH,
    /** Nothing is too long, too many or too short. */
    LIMITS_IGNORED,
    /** Watches never call, and the store says they do. */
    WATCHES_SILENT,
    /** Requests go unanswered after close, and are not ended either. */
    CLOSE_FORGETS
}
