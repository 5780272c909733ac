package io.mandate.verify.simulation;

/** A mistake about a guard that a simulation makes on purpose, to show that it notices. */
enum PlantedGuardFault {
    /** None. */
    NONE,
    /** Leaders write without the guard. */
    REMOVED,
    /** The guard refuses the larger token instead of the smaller. */
    REFUSES_THE_LARGER,
    /** Every leader shows the guard the same token. */
    SEES_ONE_TOKEN,
    /** The comparison and the write are two steps. */
    COMPARES_BEFORE,
    /** Nobody remembers which operations were done. */
    FORGETS_OPERATIONS;

    /** What the guard is shown for a token. */
    long shown(long token) {
        return switch (this) {
            case REFUSES_THE_LARGER -> Long.MAX_VALUE - token;
            case SEES_ONE_TOKEN -> 1;
            default -> token;
        };
    }
}
