package io.mandate.election.internal.plan;

/**
 * What the plan needs to know of a member.
 *
 * @param weight 1 to {@value #WEIGHT_MAX}: its share compared with those of the others
 * @param capacity most partitions it takes, at least 1; {@link Integer#MAX_VALUE} for any number
 * @param zone what fails together has the same; empty for none
 * @param draining whether it takes nothing and gives everything away
 */
public record PlanMember(String name, int weight, int capacity, String zone, boolean draining) {
    /** Ten times finer than anybody measures machines. */
    public static final int WEIGHT_MAX = 1_000;

    public PlanMember {
        if (name.isEmpty() || !isPlain(name) || !isPlain(zone)) {
            throw new IllegalArgumentException("the member '" + name + "' in zone '" + zone
                    + "' has no name, or one with a control character: plans are text");
        }
        if (weight < 1 || weight > WEIGHT_MAX) {
            throw new IllegalArgumentException(
                    "a weight of " + weight + " of member " + name + " is not between 1 and " + WEIGHT_MAX);
        }
        if (capacity < 1) {
            throw new IllegalArgumentException("a capacity of " + capacity + " of member " + name
                    + " is not at least 1: drain a member that is to take nothing");
        }
    }

    static boolean isPlain(String text) {
        return text.chars().noneMatch(Character::isISOControl);
    }
}
