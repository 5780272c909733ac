package io.mandate.verify.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.verify.simulation.PartitionSimulation.Result;
import java.util.List;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * E2 and P1 to P4 of the protocol's invariants over many seeds; a failure names its seed and how to play that one
 * again.
 */
@Tag("integration")
class PartitionSimulationTest {
    private static final long FIRST_SEED = Long.getLong("simulation.seed", 1);
    private static final long SEEDS = Long.getLong("simulation.seeds", 500);
    private static final long SEEDS_LONG = 100_000;
    private static final long SEEDS_OF_MISTAKES = 60;

    private static Result run(long seed, PlantedPartitionFault mistake) {
        try {
            return new PartitionSimulation(seed, mistake).run();
        } catch (RuntimeException | Error failure) {
            throw new AssertionError("seed " + seed, failure);
        }
    }

    private static long sum(List<Result> results, ToLongFunction<Result> what) {
        return results.stream().mapToLong(what).sum();
    }

    private static void whatIsPromisedHolds(long first, long seeds) {
        List<Result> results = LongStream.range(first, first + seeds)
                .parallel()
                .mapToObj(seed -> {
                    Result result = run(seed, PlantedPartitionFault.NONE);
                    assertThat(result.broken())
                            .as(
                                    "seed %d; again: mvn verify -pl verify -am -DskipUnitTests "
                                            + "-Dit.test=PartitionSimulationTest#whatIsPromisedHolds"
                                            + " -Dfailsafe.failIfNoSpecifiedTests=false -Dsimulation.seed=%d "
                                            + "-Dsimulation.seeds=1",
                                    seed, seed)
                            .isNull();
                    return result;
                })
                .toList();
        TreeMap<String, Long> fired = new TreeMap<>();
        results.forEach(result -> result.fired().forEach((what, times) -> fired.merge(what, times, Long::sum)));
        long terms = sum(results, Result::terms);
        long moves = sum(results, Result::moves);
        long acts = sum(results, Result::acts);
        long longest = results.stream().mapToLong(Result::convergedMillis).max().orElseThrow();
        System.out.printf(
                "%,d seeds from %d: %,d terms, %,d plans, %,d moves, %,d looks at terms with time left,"
                        + " %,d requests, all in place after at most %,d ms; %s%n",
                seeds,
                first,
                terms,
                sum(results, Result::plans),
                moves,
                acts,
                sum(results, Result::requests),
                longest,
                fired);
        // A run in which little happened shows little; one seed alone is somebody's look at a failure.
        if (seeds >= 500) {
            assertThat(terms).isGreaterThan(20 * seeds);
            assertThat(moves).isGreaterThan(10 * seeds);
            assertThat(acts).isGreaterThan(200 * seeds);
            // P4: entering and leaving, looks at the queue, the registration, the plan and renewals.
            assertThat(sum(results, Result::requests)).isLessThan(30 * terms);
            GuardActivity.assertEnough(results.stream().map(Result::writes).toList());
            assertThat(fired)
                    .containsOnlyKeys(
                            "clocks set",
                            "joins",
                            "kills",
                            "leaves",
                            "network partitions",
                            "operators",
                            "pauses",
                            "requests without an answer",
                            "restarts of all members",
                            "returns",
                            "store away",
                            "watches lost",
                            "watches stalled",
                            "work that failed");
            assertThat(fired.values()).allSatisfy(times -> assertThat(times).isGreaterThan(seeds / 20));
        }
    }

    @Test
    void whatIsPromisedHolds() {
        whatIsPromisedHolds(FIRST_SEED, SEEDS);
    }

    @Test
    @Tag("long")
    void whatIsPromisedHoldsForManySeeds() {
        whatIsPromisedHolds(1_000_000, SEEDS_LONG);
    }

    @ParameterizedTest
    @CsvSource({
        "NO_DRAIN, P3",
        "RELEASED_BEFORE_RETURNED, P1",
        "MEMBERS_READ_BEFORE_THE_PLAN, P2",
        "PLAN_WITHOUT_COMPARE, P2",
        "REGISTRATION_WITHOUT_LEASE, P4",
        "GUARD_REMOVED, E2",
        "GUARD_REFUSES_THE_LARGER, E2",
        "GUARD_SEES_ONE_TOKEN, E2",
        "GUARD_COMPARES_BEFORE, E2",
        "GUARD_FORGETS_OPERATIONS, E2"
    })
    void aMistakeMadeOnPurposeIsNoticedByItsRule(PlantedPartitionFault mistake, String rule) {
        List<String> broken = LongStream.range(0, SEEDS_OF_MISTAKES)
                .parallel()
                .mapToObj(seed -> run(seed, mistake).broken())
                .collect(Collectors.toList());
        new Convictions(broken).assertOnly(mistake.toString(), rule, 2);
    }

    @Test
    void everyMistakeHasARule() throws Exception {
        CsvSource mistakes = PartitionSimulationTest.class
                .getDeclaredMethod("aMistakeMadeOnPurposeIsNoticedByItsRule", PlantedPartitionFault.class, String.class)
                .getAnnotation(CsvSource.class);
        assertThat(mistakes.value()).hasSize(PlantedPartitionFault.values().length - 1);
    }
}
