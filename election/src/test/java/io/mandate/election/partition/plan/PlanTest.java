package io.mandate.election.partition.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PlanTest {
    private static final int SEEDS = 3_000;
    private static final int ANY = Integer.MAX_VALUE;

    private static PlanMember member(String name) {
        return new PlanMember(name, 1, ANY, "", false);
    }

    private static Roster roster(PlanMember... members) {
        return new Roster(List.of(members), new TreeMap<>());
    }

    private static Roster named(Iterable<String> names) {
        List<PlanMember> members = new ArrayList<>();
        names.forEach(name -> members.add(member(name)));
        return new Roster(members, new TreeMap<>());
    }

    private static int moved(Plan from, Plan to) {
        return (int) IntStream.range(0, from.partitions())
                .filter(i -> !from.owner(i).equals(to.owner(i)))
                .count();
    }

    /** Members, weights, bounds and pins of all kinds; in half of the cases of the simplest. */
    private static Roster random(SplittableRandom random, int partitions, Set<String> names) {
        boolean simple = random.nextBoolean();
        List<PlanMember> members = names.stream()
                .sorted()
                .map(name -> simple
                        ? member(name)
                        : new PlanMember(
                                name,
                                random.nextInt(1, 6),
                                random.nextInt(4) == 0 ? random.nextInt(1, partitions + 2) : ANY,
                                "zone-" + random.nextInt(3),
                                random.nextInt(6) == 0))
                .collect(Collectors.toCollection(ArrayList::new));
        TreeMap<Integer, String> pins = new TreeMap<>();
        for (int i = 0; !simple && i < random.nextInt(4); i++) {
            pins.put(random.nextInt(partitions), "m" + random.nextInt(12));
        }
        return new Roster(members, pins);
    }

    private static Set<String> names(SplittableRandom random) {
        Set<String> names = new HashSet<>();
        int count = random.nextInt(1, 9);
        while (names.size() < count) {
            names.add("m" + random.nextInt(12));
        }
        return names;
    }

    private static List<PlanMember> takers(Roster roster) {
        return roster.members().stream().filter(m -> !m.draining()).toList();
    }

    @Test
    void equalMembersGetTheSameButForOne() {
        Plan plan = Plan.empty(10).next(roster(member("a"), member("b"), member("c")));
        assertThat(List.of(
                        plan.of("a").size(), plan.of("b").size(), plan.of("c").size()))
                .containsExactlyInAnyOrder(3, 3, 4);
    }

    @Test
    void aMemberGetsByItsWeightAndNotMoreThanItsCapacity() {
        Plan plan = Plan.empty(100)
                .next(roster(
                        new PlanMember("a", 1, ANY, "", false),
                        new PlanMember("b", 3, ANY, "", false),
                        new PlanMember("c", 6, 20, "", false)));
        assertThat(plan.of("a")).hasSize(20);
        assertThat(plan.of("b")).hasSize(60);
        assertThat(plan.of("c")).hasSize(20);
    }

    @Test
    void whatNobodyHasRoomForIsNobodysAndWhoHasItKeepsIt() {
        Plan plan = Plan.empty(10).next(roster(new PlanMember("a", 1, 4, "", false)));
        assertThat(plan.of("a")).hasSize(4);
        Plan next = plan.next(roster(new PlanMember("a", 1, 4, "", false), new PlanMember("b", 1, 3, "", false)));
        assertThat(next.of("a")).isEqualTo(plan.of("a"));
        assertThat(next.of("b")).hasSize(3);
        assertThat(IntStream.range(0, 10).filter(i -> next.owner(i).isEmpty())).hasSize(3);
    }

    @Test
    void aPinnedPartitionIsWhereItIsPinnedWheneverThatIsThere() {
        Roster both = new Roster(List.of(member("a"), member("b")), new TreeMap<>(Map.of(0, "b", 1, "b", 2, "b")));
        Plan plan = Plan.empty(6).next(both);
        assertThat(plan.of("b")).containsExactly(0, 1, 2);
        Plan without = plan.next(new Roster(List.of(member("a")), both.pins()));
        assertThat(without.of("a")).hasSize(6);
        assertThat(without.next(both).of("b")).containsExactly(0, 1, 2);
    }

    @Test
    void morePinsThanAShareWinAndTheOthersShareTheRest() {
        TreeMap<Integer, String> pins = new TreeMap<>();
        IntStream.range(0, 8).forEach(i -> pins.put(i, "a"));
        Plan plan = Plan.empty(12).next(new Roster(List.of(member("a"), member("b"), member("c")), pins));
        assertThat(plan.of("a")).hasSize(8);
        assertThat(plan.of("b")).hasSize(2);
        assertThat(plan.of("c")).hasSize(2);
    }

    @Test
    void whatWasPlannedForTheseMembersIsNotPlannedAgain() {
        for (int seed = 0; seed < SEEDS; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            int partitions = random.nextInt(1, 40);
            Plan plan = Plan.empty(partitions);
            for (int change = 0; change < 5; change++) {
                Roster roster = random(random, partitions, names(random));
                plan = plan.next(roster);
                assertThat(plan.isFor(roster))
                        .as("seed %d change %d", seed, change)
                        .isTrue();
                assertThat(plan.repaired(roster))
                        .as("seed %d change %d", seed, change)
                        .isEqualTo(plan);
                assertThat(Plan.parse(plan.text()))
                        .as("seed %d change %d", seed, change)
                        .isEqualTo(plan);
            }
        }
    }

    @Test
    void everyHistoryEndsInBalanceWithinBounds() {
        for (int seed = 0; seed < SEEDS; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            int partitions = random.nextInt(1, 40);
            Plan plan = Plan.empty(partitions);
            Roster roster = random(random, partitions, names(random));
            for (int change = 0; change < 5; change++) {
                roster = random(random, partitions, names(random));
                plan = plan.next(roster);
            }
            assertBalanced(plan, roster, "seed " + seed);
        }
    }

    private static void assertBalanced(Plan plan, Roster roster, String seed) {
        List<PlanMember> takers = takers(roster);
        long capacity = takers.stream().mapToLong(PlanMember::capacity).sum();
        long owned = takers.stream().mapToLong(m -> plan.of(m.name()).size()).sum();
        assertThat(owned).as(seed).isEqualTo(Math.min(capacity, plan.partitions()));
        Map<String, Long> pins = roster.pins().entrySet().stream()
                .filter(pin -> pin.getKey() < plan.partitions())
                .collect(Collectors.groupingBy(Map.Entry::getValue, Collectors.counting()));
        double[] parts = parts(takers, pins, plan.partitions());
        for (int i = 0; i < takers.size(); i++) {
            assertThat((double) plan.of(takers.get(i).name()).size())
                    .as(seed + " " + takers.get(i))
                    .isBetween(Math.floor(parts[i] + 1e-6), Math.max(0, Math.ceil(parts[i] - 1e-6)));
        }
    }

    /** Each member's part by weight within its bounds, by bisection: another way than the planner's. */
    private static double[] parts(List<PlanMember> takers, Map<String, Long> pins, int partitions) {
        double low = 0;
        double high = partitions;
        for (int i = 0; i < 200; i++) {
            double middle = (low + high) / 2;
            double sum = 0;
            for (PlanMember taker : takers) {
                sum += part(taker, pins, middle);
            }
            if (sum < partitions) {
                low = middle;
            } else {
                high = middle;
            }
        }
        double level = high;
        return takers.stream().mapToDouble(taker -> part(taker, pins, level)).toArray();
    }

    private static double part(PlanMember taker, Map<String, Long> pins, double level) {
        double pinned = Math.min(taker.capacity(), pins.getOrDefault(taker.name(), 0L));
        return Math.max(pinned, Math.min(taker.capacity(), level * taker.weight()));
    }

    @Test
    void noBalancedPlanMovesLess() {
        for (int seed = 0; seed < 400; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            int partitions = random.nextInt(1, 7);
            Set<String> names = new HashSet<>();
            int count = random.nextInt(1, 5);
            while (names.size() < count) {
                names.add("m" + random.nextInt(5));
            }
            Plan before = Plan.empty(partitions).next(random(random, partitions, names(random)));
            Roster roster = random(random, partitions, names);
            Plan next = before.next(roster);
            int least = leastMoved(before, next, roster, partitions);
            assertThat(moved(before, next)).as("seed %d", seed).isBetween(least, least + wentHome(before, next));
        }
    }

    private static int wentHome(Plan before, Plan next) {
        return (int) IntStream.range(0, before.partitions())
                .filter(i -> !before.owner(i).equals(next.owner(i)))
                .filter(i -> before.homeAt(i) != Plan.NONE)
                .filter(i -> next.owner(i)
                        .equals(Optional.of(before.known().get(before.homeAt(i)).name())))
                .count();
    }

    /** Of all plans that own as much, keep the pins and are as balanced, the one that moves least. */
    private static int leastMoved(Plan before, Plan chosen, Roster roster, int partitions) {
        List<PlanMember> takers = takers(roster);
        Map<Integer, Integer> pinned = new HashMap<>();
        roster.pins().forEach((partition, name) -> {
            if (partition < partitions && chosen.owner(partition).equals(Optional.of(name))) {
                pinned.put(
                        partition,
                        takers.stream().map(PlanMember::name).toList().indexOf(name));
            }
        });
        Map<String, Long> pins = new HashMap<>();
        pinned.values().forEach(i -> pins.merge(takers.get(i).name(), 1L, Long::sum));
        double[] parts = parts(takers, pins, partitions);
        long all = Math.min(takers.stream().mapToLong(PlanMember::capacity).sum(), partitions);
        int choices = takers.size() + 1;
        int least = Integer.MAX_VALUE;
        int[] owners = new int[partitions];
        for (long code = 0; code < Math.pow(choices, partitions); code++) {
            long rest = code;
            int[] counts = new int[choices];
            boolean fits = true;
            for (int i = 0; i < partitions; i++) {
                owners[i] = (int) (rest % choices);
                rest /= choices;
                counts[owners[i]]++;
                fits &= !pinned.containsKey(i) || pinned.get(i) == owners[i];
            }
            fits &= partitions - counts[takers.size()] == all;
            for (int m = 0; fits && m < takers.size(); m++) {
                fits = counts[m] >= Math.floor(parts[m] + 1e-6) && counts[m] <= Math.ceil(parts[m] - 1e-6);
            }
            if (fits) {
                int moves = 0;
                for (int i = 0; i < partitions; i++) {
                    Optional<String> owner = owners[i] == takers.size()
                            ? Optional.empty()
                            : Optional.of(takers.get(owners[i]).name());
                    moves += before.owner(i).equals(owner) ? 0 : 1;
                }
                least = Math.min(least, moves);
            }
        }
        return least;
    }

    @Test
    void membersThatAreRestartedOneAfterAnotherMoveEachPartitionTwiceAtMost() {
        for (int seed = 0; seed < 500; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            int partitions = random.nextInt(1, 60);
            List<String> names = new ArrayList<>(names(random));
            if (names.size() < 2) {
                continue;
            }
            Plan plan = Plan.empty(partitions).next(named(names));
            Plan first = plan;
            int[] moves = new int[partitions];
            Collections.shuffle(names, new java.util.Random(seed));
            for (String restarted : names) {
                List<String> others =
                        names.stream().filter(name -> !name.equals(restarted)).toList();
                for (List<String> there : List.of(others, names)) {
                    Plan next = plan.next(named(there));
                    for (int i = 0; i < partitions; i++) {
                        moves[i] += plan.owner(i).equals(next.owner(i)) ? 0 : 1;
                    }
                    plan = next;
                }
            }
            if (partitions >= names.size()) {
                assertThat(moved(first, plan)).as("seed %d", seed).isZero();
            }
            assertThat(IntStream.of(moves)).as("seed %d", seed).allMatch(count -> count <= 2);
        }
    }

    @Test
    void whatALeavingMemberHadIsSpreadOverTheOthers() {
        List<String> names = IntStream.range(0, 11).mapToObj(i -> "m" + i).toList();
        Plan plan = Plan.empty(1_100).next(named(names));
        Plan without = plan.next(named(names.subList(1, 11)));
        for (String name : names.subList(1, 11)) {
            assertThat(without.of(name).stream().filter(i -> plan.owner(i).equals(Optional.of("m0"))))
                    .hasSize(10);
        }
    }

    @Test
    void standbysAreInAnotherZoneAndGetWhatTheirOwnerLosesIfTheyHaveRoom() {
        List<PlanMember> members = IntStream.range(0, 9)
                .mapToObj(i -> new PlanMember("m" + i, 1, ANY, "zone-" + i % 3, false))
                .toList();
        Plan plan = Plan.empty(900).next(new Roster(members, new TreeMap<>()));
        for (int i = 0; i < 900; i++) {
            String owner = plan.owner(i).orElseThrow();
            String standby = plan.standby(i).orElseThrow();
            assertThat((standby.charAt(1) - owner.charAt(1)) % 3).isNotZero();
            assertThat(plan.standbyOf(standby)).contains(i);
        }
        Plan without = plan.next(new Roster(members.subList(1, 9), new TreeMap<>()));
        long asAnnounced = plan.of("m0").stream()
                .filter(i -> without.owner(i).equals(plan.standby(i)))
                .count();
        assertThat(asAnnounced).isGreaterThan(plan.of("m0").size() / 2);
    }

    @Test
    void whileRebalancingIsPausedOnlyWhatNobodyHasIsGivenAway() {
        Plan plan = Plan.empty(12).next(named(List.of("a", "b", "c")));
        assertThat(plan.repaired(named(List.of("a", "b", "c", "d")))).matches(same -> moved(plan, same) == 0);
        Plan without = plan.repaired(named(List.of("a", "b", "d")));
        assertThat(without.of("a")).containsAll(plan.of("a"));
        assertThat(without.of("b")).containsAll(plan.of("b"));
        assertThat(without.of("d")).isNotEmpty();
        assertThat(moved(plan, without)).isEqualTo(plan.of("c").size());
    }

    @Test
    void membersThatNeverComeAgainAreForgotten() {
        Plan plan = Plan.empty(1_000);
        for (int generation = 0; generation < 300; generation++) {
            plan = plan.next(named(List.of("stays", "pod-" + generation, "pod-" + (generation + 1))));
        }
        assertThat(plan.text().lines().filter(line -> line.startsWith("remembered")))
                .hasSizeLessThanOrEqualTo(Planner.REMEMBERED_MAX);
    }

    @Test
    void theLargestPlanFitsIntoOneValueOfTheStore() {
        List<PlanMember> members = IntStream.range(0, Roster.MEMBERS_MAX)
                .mapToObj(i -> new PlanMember("orders-service-" + i, 1, ANY, "zone-" + i % 3, false))
                .toList();
        Plan plan = Plan.empty(Plan.PARTITIONS_MAX).next(new Roster(members, new TreeMap<>()));
        Plan half = plan.next(new Roster(members.subList(0, 500), new TreeMap<>()));
        for (Plan large : List.of(plan, half)) {
            assertThat(large.text().length()).isLessThanOrEqualTo(PlanText.BYTES_MAX);
            assertThat(Plan.parse(large.text())).isEqualTo(large);
        }
    }

    @Test
    void aTextThatIsNoPlanIsRefusedSayingWhatIsWrong() {
        String text = Plan.empty(3).next(named(List.of("a"))).text();
        assertThatThrownBy(() -> Plan.parse("something")).hasMessageContaining("no plan of the kind");
        assertThatThrownBy(() -> Plan.parse(text.replace("partitions 3", "partitions 4")))
                .hasMessageContaining("not two for each of 4");
        assertThatThrownBy(() -> Plan.parse(text.replace("owners AA", "owners AB")))
                .hasMessageContaining("'AB' for partition 0");
        assertThatThrownBy(() -> Plan.empty(0)).hasMessageContaining("between 1 and 16384");
    }
}
