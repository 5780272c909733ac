package io.mandate.election.session;

/** Why a lease ended, as its holder sees it. */
public enum SessionEnd {
    /** The deadline passed while the store answered nothing, or nothing in time. */
    UNREACHABLE,
    /** The deadline passed while this process or its machine was suspended. */
    PAUSED,
    /** The store said that it has no such lease: it expired there, or somebody revoked it. */
    GONE,
    /** The holder gave it back. */
    CLOSED
}
