package io.mandate.election.internal.plan;

import static io.mandate.election.internal.plan.Plan.NONE;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Where partitions are at home in the next plan, if that is not where they are.
 *
 * <p>When its owner leaves, a partition's home is that; but the home it had before if that is there, and then it mostly
 * goes there. So what a member lacks since it came back, because shares are rounded, stays its own; and what the
 * members that are there own for good does not stay at home with one that never comes. A home is forgotten when the
 * partition is there again; when the partition is moved for the sake of balance or a pin; and when more than
 * {@value #REMEMBERED_MAX} members are away that are some partition's home: then those that left first are forgotten.
 */
final class PreviousOwners {
    /**
     * Names of members that will not come again, as those of containers are not, must not fill the plan; but a zone of
     * a large workload may go and come back.
     */
    static final int REMEMBERED_MAX = 256;

    private final PreviousPlan last;
    private final List<PlanMember> takers;
    private final int[] owners;

    /** As the last plan numbers names. */
    private final int[] homes;

    /** @param owners of the next plan: indices of {@code takers}, or {@link Plan#NONE} */
    PreviousOwners(PreviousPlan last, List<PlanMember> takers, int[] owners) {
        this.last = last;
        this.takers = takers;
        this.owners = owners;
        this.homes = IntStream.range(0, owners.length).map(this::after).toArray();
    }

    /** The plan of these owners and homes. */
    Plan plan() {
        int[] owned = new int[takers.size()];
        Arrays.stream(owners).filter(owner -> owner != NONE).forEach(owner -> owned[owner]++);
        List<Plan.Taker> all = new ArrayList<>();
        for (int i = 0; i < owned.length; i++) {
            PlanMember taker = takers.get(i);
            all.add(new Plan.Taker(taker.name(), taker.zone(), taker.weight(), owned[i] >= taker.capacity()));
        }
        List<String> remembered = new ArrayList<>();
        int[] numbers = remember(remembered);
        int[] renumbered = Arrays.stream(homes)
                .map(home -> home == NONE ? NONE : numbers[home])
                .toArray();
        return new Plan(all, remembered, owners, renumbered);
    }

    private int after(int partition) {
        if (last.owner(partition) != NONE) {
            return owners[partition] == last.owner(partition) ? last.homeIfItStays(partition) : NONE;
        }
        int home = last.homeIfItsOwnerWent(partition);
        boolean there = last.nowAt(home) != NONE && last.nowAt(home) == owners[partition];
        return there ? NONE : home;
    }

    /**
     * Chooses the names to be remembered.
     *
     * @param remembered is filled with them
     * @return for each name of the last plan its number in the next; none if it has none
     */
    private int[] remember(List<String> remembered) {
        boolean[] needed = new boolean[last.names()];
        Arrays.stream(homes).filter(home -> home != NONE).forEach(home -> needed[home] = true);
        int[] numbers = IntStream.range(0, needed.length).map(last::nowAt).toArray();
        for (int name = 0; name < numbers.length && remembered.size() < REMEMBERED_MAX; name++) {
            if (numbers[name] == NONE && needed[name]) {
                numbers[name] = takers.size() + remembered.size();
                remembered.add(last.nameAt(name));
            }
        }
        return numbers;
    }
}
