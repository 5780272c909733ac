package io.mandate.verify.simulation;

/** A mistake that the simulation of partitions makes on purpose, to show that it notices. */
public enum PlantedPartitionFault {
    /** None. */
    NONE,
    /** A partition is released as soon as a drain is asked for, while its work goes on. */
    NO_DRAIN,
    /** The key of a partition is deleted under work that has not returned. */
    RELEASED_BEFORE_RETURNED,
    /** A plan is made for members that were read before the plan it follows. */
    MEMBERS_READ_BEFORE_THE_PLAN,
    /** A plan is written over whichever is there. */
    PLAN_WITHOUT_COMPARE,
    /** The registration of a member has no lease, and stays when the member is dead. */
    REGISTRATION_WITHOUT_LEASE,
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

    PlantedPartitionFault() {
        this(PlantedGuardFault.NONE);
    }

    PlantedPartitionFault(PlantedGuardFault guard) {
        this.guard = guard;
    }

    PlantedGuardFault guard() {
        return guard;
    }
}
