package io.mandate.election.internal.plan;

import java.util.List;

/**
 * How many partitions each member gets: its part by weight, but no fewer than are pinned to it and no more than it has
 * capacity for; what one cannot take the others share by weight. Parts are seldom integers: each gets at least
 * {@link #floor}, and {@link #spare} members of those that {@link #mayHaveOneMore} get one more. If there is not
 * capacity for all, each gets its capacity.
 *
 * <p>The parts are found by holding members at their bounds until nobody violates one: in each round all free members
 * share what is left by weight, and of those that violate a bound, those that do so on the side on which the violations
 * are larger in sum are held there for good. (So are flexible lengths resolved in CSS, and for the same reason: holding
 * these can only make violations on that side larger, so that nobody is held wrongly.) At most one round for each
 * member; mostly one or two.
 */
final class Quotas {
    private final List<PlanMember> members;
    private final int[] atLeast;
    private final boolean[] held;
    private final int[] floors;
    private final boolean[] mayHaveOneMore;

    /** Of members that are not held: what is to be shared, and by how many weights. */
    private long toShare;

    private long weights;

    /**
     * @param atLeast how many are pinned to each member: no more than its capacity, and in all no more than there are
     *     partitions
     */
    Quotas(List<PlanMember> members, int[] atLeast, int partitions) {
        this.members = members;
        this.atLeast = atLeast;
        this.held = new boolean[members.size()];
        this.floors = new int[members.size()];
        this.mayHaveOneMore = new boolean[members.size()];
        this.toShare = partitions;
        this.weights = members.stream().mapToLong(PlanMember::weight).sum();
        while (weights > 0 && holdsMore()) {}
        shareTheRest();
    }

    int floor(int member) {
        return floors[member];
    }

    /** Whether the member's part is more than its {@link #floor}. */
    boolean mayHaveOneMore(int member) {
        return mayHaveOneMore[member];
    }

    /** How many partitions are left when each has its floor; or, if there is not capacity for all, 0. */
    int spare() {
        return weights > 0 ? Math.toIntExact(toShare) : 0;
    }

    /** @return whether another member is held since */
    private boolean holdsMore() {
        long[] beyond = new long[floors.length];
        long violation = 0;
        for (int i = 0; i < beyond.length; i++) {
            beyond[i] = held[i] ? 0 : beyondBounds(i);
            violation += beyond[i];
        }
        long weightsBefore = weights;
        for (int i = 0; i < beyond.length; i++) {
            boolean over = beyond[i] > 0 && violation >= 0;
            boolean under = beyond[i] < 0 && violation <= 0;
            if (over || under) {
                held[i] = true;
                floors[i] = over ? members.get(i).capacity() : atLeast[i];
                toShare -= floors[i];
                weights -= members.get(i).weight();
            }
        }
        return weights < weightsBefore;
    }

    /**
     * By how much, times the weights, a member's part is above its capacity; negative if it is below what it has to
     * get.
     */
    private long beyondBounds(int member) {
        long part = members.get(member).weight() * toShare;
        long most = members.get(member).capacity() * weights;
        long least = atLeast[member] * weights;
        return part > most ? part - most : Math.min(0, part - least);
    }

    private void shareTheRest() {
        long all = toShare;
        for (int i = 0; i < floors.length; i++) {
            if (!held[i]) {
                long part = members.get(i).weight() * all;
                floors[i] = Math.toIntExact(part / weights);
                mayHaveOneMore[i] = part % weights > 0;
                toShare -= floors[i];
            }
        }
    }
}
