package io.mandate.election.internal.plan;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Rosters for tests. */
final class Rosters {
    static final int ANY = Integer.MAX_VALUE;

    private Rosters() {}

    static PlanMember member(String name) {
        return new PlanMember(name, 1, ANY, "", false);
    }

    static PlanMember weighing(String name, int weight) {
        return new PlanMember(name, weight, ANY, "", false);
    }

    static PlanMember capped(String name, int capacity) {
        return new PlanMember(name, 1, capacity, "", false);
    }

    static PlanMember in(String zone, String name) {
        return new PlanMember(name, 1, ANY, zone, false);
    }

    static PlanMember draining(PlanMember member) {
        return new PlanMember(member.name(), member.weight(), member.capacity(), member.zone(), true);
    }

    static Members of(PlanMember... members) {
        return new Members(List.of(members), new TreeMap<>());
    }

    static Members of(Collection<PlanMember> members) {
        return new Members(List.copyOf(members), new TreeMap<>());
    }

    static Members named(String... names) {
        return named(List.of(names));
    }

    static Members named(Collection<String> names) {
        return of(names.stream().map(Rosters::member).toList());
    }

    static List<String> names(int count) {
        return IntStream.range(0, count).mapToObj(i -> "m" + i).collect(Collectors.toCollection(ArrayList::new));
    }

    static Members without(Members roster, String name) {
        return new Members(
                roster.members().stream()
                        .filter(member -> !member.name().equals(name))
                        .toList(),
                roster.pins());
    }

    static List<PlanMember> takers(Members roster) {
        return roster.members().stream().filter(member -> !member.draining()).toList();
    }

    /**
     * Up to so many members, alike in half of the cases and else of all kinds, sometimes with too little capacity, and
     * a few pins or many; in any order.
     */
    static Members random(SplittableRandom random, int partitions, int membersMax) {
        boolean alike = random.nextBoolean();
        boolean scarce = !alike && random.nextInt(3) == 0;
        List<PlanMember> members = new ArrayList<>();
        int count = random.nextInt(1, membersMax + 1);
        for (int i : shuffled(random, membersMax + 2).subList(0, count)) {
            members.add(
                    alike
                            ? member("m" + i)
                            : new PlanMember(
                                    "m" + i,
                                    random.nextInt(1, 6),
                                    scarce
                                            ? random.nextInt(1, partitions / 4 + 2)
                                            : random.nextInt(3) == 0 ? random.nextInt(1, partitions + 2) : ANY,
                                    "zone-" + random.nextInt(3),
                                    random.nextInt(6) == 0));
        }
        SortedMap<Integer, String> pins = new TreeMap<>();
        int pinned = alike ? 0 : random.nextInt(3) == 0 ? random.nextInt(partitions + 1) : random.nextInt(3);
        while (pins.size() < Math.min(pinned, partitions)) {
            pins.put(random.nextInt(partitions), "m" + random.nextInt(membersMax + 2));
        }
        return new Members(members, pins);
    }

    /** The numbers below a count, in any order. */
    static List<Integer> shuffled(SplittableRandom random, int count) {
        List<Integer> numbers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            numbers.add(random.nextInt(i + 1), i);
        }
        return numbers;
    }
}
