package io.mandate.verify.simulation;

/** A mistake that the simulation makes on purpose, to show that it notices. */
public enum PlantedElectionFault {
    /** None. */
    NONE,
    /** A holder counts its deadline from when the answer to its renewal came. */
    DEADLINE_FROM_THE_ANSWER,
    /** The store numbers a later term like an earlier one. */
    TOKENS_USED_AGAIN,
    /** A candidate that is asked to resign releases the election before its work has returned. */
    RELEASED_BEFORE_DRAINED,
    /** Callbacks run on the loop, where they hold up renewals. */
    CALLBACKS_ON_THE_LOOP,
    /** Leaders write without the guard. */
    GUARD_REMOVED(PlantedGuardFault.REMOVED),
    /** The guard refuses the larger token instead of the smaller. */
    GUARD_REFUSES_THE_LARGER(PlantedGuardFault.REFUSES_THE_LARGER),
    /** Every leader shows the guard the same token. */
    GUARD_SEES_ONE_TOKEN(PlantedGuardFault.SEES_ONE_TOKEN),
    /** The guard's comparison and the write are two steps. */
    GUARD_COMPARES_BEFORE(PlantedGuardFault.COMPARES_BEFORE),
    /** The guard does not remember which operations were done. */
    GUARD_FORGETS_OPERATIONS(PlantedGuardFault.FORGETS_OPERATIONS);

    private final PlantedGuardFault guard;

    PlantedElectionFault() {
        this(PlantedGuardFault.NONE);
    }

    PlantedElectionFault(PlantedGuardFault guard) {
        this.guard = guard;
    }

    PlantedGuardFault guard() {
        return guard;
    }
}
