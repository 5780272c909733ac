package io.mandate.election.internal.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * What must hold of any plan, said without the planner: shares by bisection, the fewest moves by a formula and by
 * trying all plans.
 */
final class PlanProperties {
    private static final double TOLERANCE = 1e-6;

    /** Makes the next plan: the planner, or a mistaken one. */
    interface Planning {
        Plan next(Plan plan, Members roster);
    }

    private PlanProperties() {}

    static int moved(Plan from, Plan to) {
        return (int) IntStream.range(0, from.partitions())
                .filter(i -> !from.owner(i).equals(to.owner(i)))
                .count();
    }

    /**
     * Each taker has its part, rounded up or down; as much is owned as there is capacity for; every pin that has to
     * hold does.
     */
    static void assertBalanced(Plan plan, Members roster, String seed) {
        List<PlanMember> takers = Rosters.takers(roster);
        Map<Integer, String> pins = pinsThatHold(roster, plan.partitions());
        pins.forEach((partition, name) -> assertThat(plan.owner(partition))
                .as("%s: pin of %d", seed, partition)
                .contains(name));
        double[] parts = parts(takers, pins, plan.partitions());
        int owned = 0;
        for (int i = 0; i < parts.length; i++) {
            int has = plan.of(takers.get(i).name()).size();
            owned += has;
            assertThat(has)
                    .as("%s: what %s has of a part of %f", seed, takers.get(i), parts[i])
                    .isBetween(down(parts[i]), up(parts[i]));
        }
        assertThat(owned).as("%s: what is owned", seed).isEqualTo(ownedInAll(takers, plan.partitions()));
        assertThat(IntStream.range(0, plan.partitions())
                        .filter(i -> plan.owner(i).isPresent()))
                .as("%s: what takers own", seed)
                .hasSize(owned);
    }

    static void assertMovesLeast(Plan before, Plan next, Members roster, String seed) {
        assertThat(moved(before, next)).as("%s: moves", seed).isEqualTo(fewestMoves(before, roster));
    }

    /** By the formula of the planner's Javadoc. */
    static int fewestMoves(Plan before, Members roster) {
        List<PlanMember> takers = Rosters.takers(roster);
        Map<Integer, String> pins = pinsThatHold(roster, before.partitions());
        double[] parts = parts(takers, pins, before.partitions());
        int kept = 0;
        int wantOneMore = 0;
        int floors = 0;
        for (int i = 0; i < parts.length; i++) {
            String name = takers.get(i).name();
            int pinned = (int) pins.values().stream().filter(name::equals).count();
            int pinnedAndThere = (int) before.of(name).stream()
                    .filter(partition -> name.equals(pins.get(partition)))
                    .count();
            int own = (int) before.of(name).stream()
                    .filter(partition -> !pins.containsKey(partition))
                    .count();
            kept += pinnedAndThere + Math.min(own, down(parts[i]) - pinned);
            wantOneMore += up(parts[i]) > down(parts[i]) && own + pinned > down(parts[i]) ? 1 : 0;
            floors += down(parts[i]);
        }
        int owned = ownedInAll(takers, before.partitions());
        kept += Math.min(wantOneMore, owned - floors);
        int unowned = (int) IntStream.range(0, before.partitions())
                .filter(i -> before.owner(i).isEmpty())
                .filter(i -> !pins.containsKey(i))
                .count();
        return before.partitions() - kept - Math.min(before.partitions() - owned, unowned);
    }

    /** By trying all plans. */
    static int fewestMovesOfAll(Plan before, Members roster) {
        List<PlanMember> takers = Rosters.takers(roster);
        Map<Integer, String> pins = pinsThatHold(roster, before.partitions());
        double[] parts = parts(takers, pins, before.partitions());
        List<Optional<String>> choices = new ArrayList<>();
        takers.forEach(taker -> choices.add(Optional.of(taker.name())));
        choices.add(Optional.empty());
        int[] counts = new int[choices.size()];
        return fewestMovesFrom(0, before, pins, parts, choices, counts, ownedInAll(takers, before.partitions()));
    }

    private static int fewestMovesFrom(
            int partition,
            Plan before,
            Map<Integer, String> pins,
            double[] parts,
            List<Optional<String>> choices,
            int[] counts,
            int owned) {
        if (partition == before.partitions()) {
            boolean balanced = before.partitions() - counts[parts.length] == owned;
            for (int i = 0; i < parts.length; i++) {
                balanced &= counts[i] >= down(parts[i]) && counts[i] <= up(parts[i]);
            }
            return balanced ? 0 : before.partitions() + 1;
        }
        int fewest = before.partitions() + 1;
        for (int i = 0; i < counts.length; i++) {
            Optional<String> choice = choices.get(i);
            if (pins.containsKey(partition) && !choice.equals(Optional.of(pins.get(partition)))) {
                continue;
            }
            counts[i]++;
            int moves = before.owner(partition).equals(choice) ? 0 : 1;
            fewest = Math.min(
                    fewest, moves + fewestMovesFrom(partition + 1, before, pins, parts, choices, counts, owned));
            counts[i]--;
        }
        return fewest;
    }

    /** The pins to takers, the lower partitions first, as far as the capacities go. */
    private static Map<Integer, String> pinsThatHold(Members roster, int partitions) {
        Map<String, Integer> room = new HashMap<>();
        Rosters.takers(roster).forEach(taker -> room.put(taker.name(), taker.capacity()));
        Map<Integer, String> pins = new HashMap<>();
        roster.pins().forEach((partition, name) -> {
            if (partition < partitions && room.getOrDefault(name, 0) > 0) {
                room.merge(name, -1, Integer::sum);
                pins.put(partition, name);
            }
        });
        return pins;
    }

    private static int ownedInAll(List<PlanMember> takers, int partitions) {
        return (int) Math.min(
                partitions, takers.stream().mapToLong(PlanMember::capacity).sum());
    }

    private static double[] parts(List<PlanMember> takers, Map<Integer, String> pins, int partitions) {
        double low = 0;
        double high = partitions;
        for (int i = 0; i < 100; i++) {
            double level = (low + high) / 2;
            double sum = Arrays.stream(partsAt(level, takers, pins)).sum();
            if (sum < partitions) {
                low = level;
            } else {
                high = level;
            }
        }
        return partsAt(high, takers, pins);
    }

    private static double[] partsAt(double level, List<PlanMember> takers, Map<Integer, String> pins) {
        return takers.stream()
                .mapToDouble(taker -> {
                    double pinned = (double)
                            pins.values().stream().filter(taker.name()::equals).count();
                    return Math.max(pinned, Math.min(taker.capacity(), level * taker.weight()));
                })
                .toArray();
    }

    private static int down(double part) {
        return (int) Math.floor(part + TOLERANCE);
    }

    private static int up(double part) {
        return (int) Math.ceil(part - TOLERANCE);
    }
}
