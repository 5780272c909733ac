package io.mandate.election.internal.plan;

import io.mandate.election.internal.plan.Plan.Taker;
import java.util.Arrays;
import java.util.List;

/**
 * What the planner is compared with: rendezvous hashing with bounded loads. Each partition, in the order of their
 * numbers, goes to the member that suits it best of those that have not their bound: the part by weight, and so much
 * more, rounded up. Knows nothing of the last plan, of pins, homes and zones.
 */
final class BoundedRendezvous {
    private final double more;

    /** @param more 0.25 for a bound of 1.25 times the part */
    BoundedRendezvous(double more) {
        this.more = more;
    }

    Plan next(Plan plan, Members roster) {
        List<PlanMember> members = Rosters.takers(roster);
        int weights = members.stream().mapToInt(PlanMember::weight).sum();
        int[] bounds = members.stream()
                .mapToInt(member -> (int) Math.min(
                        member.capacity(),
                        Math.ceil((1 + more) * plan.partitions() * member.weight() / weights - 1e-9)))
                .toArray();
        Rendezvous rendezvous = Rendezvous.of(
                members.stream().map(PlanMember::name).toArray(String[]::new),
                members.stream().mapToInt(PlanMember::weight).toArray());
        int[] owners = new int[plan.partitions()];
        for (int partition = 0; partition < owners.length; partition++) {
            long ofPartition = Rendezvous.ofPartition(partition);
            int nearest = Plan.NONE;
            double least = 0;
            for (int i = 0; i < bounds.length; i++) {
                double distance = rendezvous.distance(ofPartition, i);
                if (bounds[i] > 0 && (nearest == Plan.NONE || distance < least)) {
                    nearest = i;
                    least = distance;
                }
            }
            owners[partition] = nearest;
            if (nearest != Plan.NONE) {
                bounds[nearest]--;
            }
        }
        int[] homes = new int[owners.length];
        Arrays.fill(homes, Plan.NONE);
        return new Plan(
                members.stream()
                        .map(member -> new Taker(member.name(), member.zone(), member.weight(), false))
                        .toList(),
                List.of(),
                owners,
                homes);
    }
}
