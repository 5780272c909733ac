package io.mandate.verify.simulation;

/** A mistake that the simulation of partitions makes on purpose, to show that it notices. */
public enum PartitionMistake {
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
    REGISTRATION_WITHOUT_LEASE
}
