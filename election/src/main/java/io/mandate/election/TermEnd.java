package io.mandate.election;

/** Why a term is over. */
public enum TermEnd {
    /** The holder's work returned and the election was released. */
    RESIGNED,
    /** The holder was asked to finish and did not in time, and the next one was not to wait for it. */
    OVERDUE,
    /** The deadline passed: the store could not be reached, or did not renew in time. */
    STORE_UNREACHABLE,
    /** The deadline passed while this process or its machine stood still. */
    PAUSED,
    /**
     * The store said, before the deadline, that it has no such lease: somebody revoked it, or the store's clock is
     * faster than the drift bound allows.
     */
    REVOKED,
    /** Another term has begun: the candidate's key was deleted by somebody else, or a guard has seen a larger token. */
    SUPERSEDED
}
