package io.mandate.election.internal.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.election.internal.plan.PlanProperties.Planning;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The figures of docs/decisions/009: what 1,000 joins and leaves move, how even the plans are, and how long they take.
 * Prints a table.
 */
@Tag("long")
class PlanComparisonTest {
    private static final int CHANGES = 1_000;
    private static final int WARM_CALLS = 20;

    private static final Map<String, Planning> PLANNERS = new LinkedHashMap<>();

    static {
        PLANNERS.put("sticky plan", Plan::next);
        PLANNERS.put("rendezvous, bound 1.00", new BoundedRendezvous(0)::next);
        PLANNERS.put("rendezvous, bound 1.10", new BoundedRendezvous(0.1)::next);
        PLANNERS.put("rendezvous, bound 1.25", new BoundedRendezvous(0.25)::next);
        PLANNERS.put("rendezvous, no bound", new BoundedRendezvous(1_000_000)::next);
    }

    /** One that is there leaves or one of those that are away joins; never fewer than half. */
    private static List<Members> history(int members, SplittableRandom random) {
        List<String> there = new ArrayList<>(Rosters.names(members));
        List<String> away = new ArrayList<>();
        for (int i = 0; i < members / 2; i++) {
            away.add("n" + i);
        }
        List<Members> history = new ArrayList<>(List.of(Rosters.named(there)));
        for (int change = 0; change < CHANGES; change++) {
            boolean leaves = away.isEmpty() || (there.size() > members / 2 && random.nextBoolean());
            List<String> from = leaves ? there : away;
            (leaves ? away : there).add(from.remove(random.nextInt(from.size())));
            history.add(Rosters.named(there));
        }
        return history;
    }

    @Test
    void theStickyPlanMovesLeastOfThoseThatAreEven() {
        System.out.println("| partitions × members | planner | moved a change | most over the mean | median µs |");
        System.out.println("|---|---|---|---|---|");
        for (int[] size : new int[][] {{256, 16}, {1_000, 10}, {10_000, 100}}) {
            List<Members> history = history(size[1], new SplittableRandom(1));
            Map<String, Double> moved = new LinkedHashMap<>();
            PLANNERS.forEach((name, planner) -> moved.put(name, compare(name, planner, size, history)));
            assertThat(moved.get("sticky plan")).isLessThan(moved.get("rendezvous, bound 1.00"));
        }
    }

    private static double compare(String name, Planning planner, int[] size, List<Members> history) {
        Plan plan = planner.next(Plan.empty(size[0]), history.get(0));
        double most = 0;
        int moved = 0;
        long[] nanos = new long[CHANGES];
        for (int change = 0; change < CHANGES; change++) {
            Members roster = history.get(change + 1);
            long begin = System.nanoTime();
            Plan next = planner.next(plan, roster);
            nanos[change] = System.nanoTime() - begin;
            moved += PlanProperties.moved(plan, next);
            int[] owned = new int[roster.members().size()];
            for (int partition = 0; partition < size[0]; partition++) {
                owned[next.ownerAt(partition)]++;
            }
            double mean = (double) size[0] / owned.length;
            most = Math.max(most, Arrays.stream(owned).max().orElseThrow() / mean);
            plan = next;
        }
        Arrays.sort(nanos);
        System.out.printf(
                "| %,d × %d | %s | %.1f | %.2f | %,d |%n",
                size[0], size[1], name, (double) moved / CHANGES, most, nanos[CHANGES / 2] / 1_000);
        return moved;
    }

    @Test
    void plansOfLargeWorkloadsAreMadeInTime() {
        System.out.println("| partitions × members | what | first call ms | median ms |");
        System.out.println("|---|---|---|---|");
        for (int[] size : new int[][] {{10_000, 100}, {16_384, 1_000}}) {
            List<String> names = Rosters.names(size[1]);
            Members all = Rosters.named(names);
            Members without = Rosters.without(all, "m0");
            time(size, "from nothing", () -> Plan.empty(size[0]).next(all));
            Plan plan = Plan.empty(size[0]).next(all);
            time(size, "one leaves", () -> plan.next(without));
            time(size, "nothing changes", () -> plan.next(all));
            time(size, "text and back", () -> Plan.parse(plan.text()));
            time(size, "standbys of one", () -> Plan.parse(plan.text()).standbyOf("m1"));
        }
    }

    private static void time(int[] size, String what, Runnable call) {
        long[] nanos = new long[WARM_CALLS + 1];
        for (int i = 0; i < nanos.length; i++) {
            long begin = System.nanoTime();
            call.run();
            nanos[i] = System.nanoTime() - begin;
        }
        double first = nanos[0] / 1e6;
        long[] warm = Arrays.copyOfRange(nanos, 1, nanos.length);
        Arrays.sort(warm);
        System.out.printf(
                "| %,d × %d | %s | %.1f | %.1f |%n", size[0], size[1], what, first, warm[WARM_CALLS / 2] / 1e6);
    }
}
