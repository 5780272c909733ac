package io.mandate.election.internal.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.election.internal.plan.PlanProperties.Planning;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Rosters of all kinds, and histories of them, each from a seed; and planners with a mistake each, which must be found.
 */
class PlanPropertyTest {
    private static final int SEEDS = 1_500;
    private static final int CHANGES = 6;

    /** Plans through a history, and checks each plan. */
    private static void assertHistoriesHold(Planning planning, int seeds) {
        for (int seed = 0; seed < seeds; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            int partitions = random.nextInt(1, 60);
            Plan plan = Plan.empty(partitions);
            for (int change = 0; change < CHANGES; change++) {
                String at = "seed " + seed + " change " + change;
                Members roster = Rosters.random(random, partitions, 9);
                Plan next = planning.next(plan, roster);
                PlanProperties.assertBalanced(next, roster, at);
                PlanProperties.assertMovesLeast(plan, next, roster, at);
                plan = random.nextInt(4) == 0 ? plan.repaired(roster) : next;
            }
        }
    }

    /**
     * Restarts members alike, one after another in any order: from the first plan, or after members came or went for
     * good.
     */
    private static void assertRestartsHold(Planning planning, int seeds) {
        for (int seed = 0; seed < seeds; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            List<String> names = Rosters.names(random.nextInt(3, 13));
            Plan plan = planning.next(Plan.empty(random.nextInt(1, 80)), Rosters.named(names));
            if (random.nextBoolean()) {
                names.add("new");
                plan = planning.next(plan, Rosters.named(names));
            }
            if (random.nextBoolean()) {
                names.remove(random.nextInt(names.size()));
                plan = planning.next(plan, Rosters.named(names));
            }
            Restarts restarts = new Restarts(planning, plan, Rosters.named(names), random);
            assertThat(restarts.mostMoves())
                    .as("seed %d: moves of a partition", seed)
                    .isLessThanOrEqualTo(2);
        }
    }

    @Test
    void everyPlanOfEveryHistoryIsBalancedAndMovesLeast() {
        assertHistoriesHold(Plan::next, SEEDS);
    }

    @Test
    void whatIsPlannedForARosterStays() {
        for (int seed = 0; seed < SEEDS; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            int partitions = random.nextInt(1, 60);
            Plan plan = Plan.empty(partitions);
            for (int change = 0; change < CHANGES; change++) {
                String at = "seed " + seed + " change " + change;
                Members roster = Rosters.random(random, partitions, 9);
                plan = plan.next(roster);
                assertThat(plan.isFor(roster)).as(at).isTrue();
                assertThat(plan.repaired(roster)).as(at).isEqualTo(plan);
                assertThat(Plan.parse(plan.text())).as(at).isEqualTo(plan);
                Members another = Rosters.random(random, partitions, 9);
                plan = plan.repaired(another);
                assertThat(plan.repaired(another)).as(at + " paused").isEqualTo(plan);
            }
        }
    }

    @Test
    void noPlanOfAllMovesLess() {
        for (int seed = 0; seed < SEEDS; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            int partitions = random.nextInt(1, 7);
            Plan plan = Plan.empty(partitions)
                    .next(Rosters.random(random, partitions, 4))
                    .next(Rosters.random(random, partitions, 4));
            Members roster = Rosters.random(random, partitions, 4);
            int fewest = PlanProperties.fewestMovesOfAll(plan, roster);
            assertThat(PlanProperties.moved(plan, plan.next(roster)))
                    .as("seed %d", seed)
                    .isEqualTo(fewest);
            assertThat(PlanProperties.fewestMoves(plan, roster))
                    .as("the formula, seed %d", seed)
                    .isEqualTo(fewest);
        }
    }

    @Test
    void restartsOneAfterAnotherMoveEachPartitionTwiceAtMost() {
        assertRestartsHold(Plan::next, SEEDS);
    }

    @Test
    void restartsOfMembersOfAllKindsSeldomMoveAPartitionMoreThanTwice() {
        int[] rosters = new int[10];
        for (int seed = 0; seed < SEEDS; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            int partitions = random.nextInt(1, 60);
            Members roster = Rosters.random(random, partitions, 9);
            Plan plan = Plan.empty(partitions).next(roster);
            rosters[new Restarts(Plan::next, plan, roster, random).mostMoves()]++;
        }
        assertThat(Arrays.stream(rosters, 3, 10).sum())
                .as("of %s", Arrays.toString(rosters))
                .isLessThan(SEEDS / 100);
    }

    @Test
    void aPlannerThatForgetsTheLastPlanIsConvicted() {
        Planning fromNothing = (plan, roster) -> Plan.empty(plan.partitions()).next(roster);
        assertThatThrownBy(() -> assertHistoriesHold(fromNothing, 100)).hasMessageContaining("moves");
        assertThatThrownBy(() -> assertHistoriesHold(new BoundedRendezvous(0)::next, 100))
                .isInstanceOf(AssertionError.class);
    }

    @Test
    void aPlannerThatNeverTakesAnythingAwayIsConvicted() {
        assertThatThrownBy(() -> assertHistoriesHold(Plan::repaired, 100)).isInstanceOf(AssertionError.class);
    }

    @Test
    void aPlannerThatDoesNotKnowPinsIsConvicted() {
        Planning withoutPins = (plan, roster) -> plan.next(Rosters.of(roster.members()));
        assertThatThrownBy(() -> assertHistoriesHold(withoutPins, 100)).hasMessageContaining("pin of");
    }

    @Test
    void aPlannerThatGivesEverybodyTheSameIsConvicted() {
        Planning unweighted = (plan, roster) -> plan.next(new Members(
                roster.members().stream()
                        .map(m -> new PlanMember(m.name(), 1, m.capacity(), m.zone(), m.draining()))
                        .toList(),
                roster.pins()));
        assertThatThrownBy(() -> assertHistoriesHold(unweighted, 100)).hasMessageContaining("of a part of");
    }

    @Test
    void aPlannerThatGivesToThoseThatDrainIsConvicted() {
        Planning undrained = (plan, roster) -> plan.next(new Members(
                roster.members().stream()
                        .map(m -> new PlanMember(m.name(), m.weight(), m.capacity(), m.zone(), false))
                        .toList(),
                roster.pins()));
        assertThatThrownBy(() -> assertHistoriesHold(undrained, 100)).isInstanceOf(AssertionError.class);
    }

    @Test
    void aPlannerThatRemembersNoHomesIsConvicted() {
        Planning homeless = (plan, roster) -> withoutHomes(plan.next(roster));
        assertThatThrownBy(() -> assertRestartsHold(homeless, 100)).hasMessageContaining("moves of a partition");
    }

    private static Plan withoutHomes(Plan plan) {
        int[] owners = new int[plan.partitions()];
        Arrays.setAll(owners, plan::ownerAt);
        int[] homes = new int[plan.partitions()];
        Arrays.fill(homes, Plan.NONE);
        return new Plan(plan.takers(), List.of(), owners, homes);
    }
}
