package io.mandate.election.internal.plan;

import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Who there is, and what operators want.
 *
 * @param members in the order of their names, each once; at most {@value #MEMBERS_MAX}
 * @param pins partitions that are to be at the member named, whenever that is there, takes partitions and has the
 *     capacity
 */
public record Members(List<PlanMember> members, SortedMap<Integer, String> pins) {
    /** A plan names each of them, in one value of the store. */
    public static final int MEMBERS_MAX = 1_000;

    public Members {
        if (members.size() > MEMBERS_MAX) {
            throw new IllegalArgumentException(members.size() + " members are more than " + MEMBERS_MAX
                    + ": let each take more partitions, or split the workload");
        }
        members =
                members.stream().sorted(Comparator.comparing(PlanMember::name)).toList();
        for (int i = 1; i < members.size(); i++) {
            if (members.get(i).name().equals(members.get(i - 1).name())) {
                throw new IllegalArgumentException(
                        "two members are named '" + members.get(i).name() + "': each has its own name");
            }
        }
        pins = Collections.unmodifiableSortedMap(new TreeMap<>(pins));
    }
}
