package io.mandate.election.internal.plan;

import static io.mandate.election.internal.plan.Plan.NONE;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A plan as it looks to those that take partitions now. Immutable. */
final class PreviousPlan {
    private final Plan plan;

    /** The taker that each name of the plan is now, or none. */
    private final int[] nowAt;

    PreviousPlan(Plan plan, List<PlanMember> takers) {
        this.plan = plan;
        Map<String, Integer> takerAt = new HashMap<>();
        for (int i = 0; i < takers.size(); i++) {
            takerAt.put(takers.get(i).name(), i);
        }
        this.nowAt = new int[plan.names()];
        for (int i = 0; i < nowAt.length; i++) {
            nowAt[i] = takerAt.getOrDefault(plan.nameAt(i), NONE);
        }
    }

    int partitions() {
        return plan.partitions();
    }

    /** The taker that owned a partition, or none if nobody did, or one that is not there any more. */
    int owner(int partition) {
        return nowAt(plan.ownerAt(partition));
    }

    /** Whether anybody owned a partition. */
    boolean hadOwner(int partition) {
        return plan.ownerAt(partition) != NONE;
    }

    /** The taker that is a partition's home, or none. */
    int home(int partition) {
        return nowAt(plan.homeAt(partition));
    }

    /** The zone of a partition's owner, if that went: what struck it may strike its neighbours. */
    String zoneLeft(int partition) {
        return hadOwner(partition) && owner(partition) == NONE
                ? plan.takerAt(plan.ownerAt(partition)).zone()
                : "";
    }

    /** The name that is a partition's home if it stays with its owner, as a number; or none. */
    int homeIfItStays(int partition) {
        return plan.homeAt(partition);
    }

    /**
     * The name that is a partition's home if its owner went, as a number; or none. That owner's, but for one that is
     * there.
     */
    int homeIfItsOwnerWent(int partition) {
        return home(partition) == NONE && hadOwner(partition) ? plan.ownerAt(partition) : plan.homeAt(partition);
    }

    /**
     * How many names there are: first those of members that took partitions, then those remembered, the latest first.
     */
    int names() {
        return nowAt.length;
    }

    String nameAt(int name) {
        return plan.nameAt(name);
    }

    /** The taker of a name, or none. */
    int nowAt(int name) {
        return name == NONE ? NONE : nowAt[name];
    }
}
