package io.mandate.verify.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * E1 to E8 of the protocol's invariants over many seeds. A failure names its seed; {@code -Dsimulation.seed=N
 * -Dsimulation.seeds=1} plays that one again.
 */
@Tag("integration")
class ElectionSimulationTest {
    private static final long FIRST_SEED = Long.getLong("simulation.seed", 1);
    private static final long SEEDS = Long.getLong("simulation.seeds", 1_200);
    private static final long SEEDS_LONG = 100_000;

    /** Some mistakes are noticed in one seed of thirty only. */
    private static final long SEEDS_OF_MISTAKES = 300;

    /** Of which each kind of guard gets its share. */
    private static final long SEEDS_OF_GUARDS_MISTAKES = 90;

    private static ElectionSimulation.Result run(long seed, PlantedElectionFault mistake) {
        try {
            return new ElectionSimulation(seed, mistake).run();
        } catch (RuntimeException | Error failure) {
            throw new AssertionError("seed " + seed, failure);
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

    private static void whatIsPromisedHolds(long first, long seeds) {
        List<ElectionSimulation.Result> results = LongStream.range(first, first + seeds)
                .parallel()
                .mapToObj(seed -> {
                    ElectionSimulation.Result result = run(seed, PlantedElectionFault.NONE);
                    assertThat(result.broken()).as("seed %d", seed).isNull();
                    return result;
                })
                .toList();
        long terms =
                results.stream().mapToLong(ElectionSimulation.Result::terms).sum();
        long acts = results.stream().mapToLong(ElectionSimulation.Result::acts).sum();
        System.out.printf("%,d seeds: %,d terms, %,d looks at terms with time left%n", seeds, terms, acts);
        // A run in which little happened shows little; one seed alone is somebody's look at a failure.
        if (seeds >= 500) {
            assertThat(terms).isGreaterThan(8 * seeds);
            assertThat(acts).isGreaterThan(100 * seeds);
            GuardActivity.assertEnough(
                    results.stream().map(ElectionSimulation.Result::writes).toList());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "DEADLINE_FROM_THE_ANSWER, E3",
        "TOKENS_USED_AGAIN, E1",
        "RELEASED_BEFORE_DRAINED, E7",
        "CALLBACKS_ON_THE_LOOP, E6",
        "GUARD_REMOVED, E2",
        "GUARD_REFUSES_THE_LARGER, E2",
        "GUARD_SEES_ONE_TOKEN, E2",
        "GUARD_COMPARES_BEFORE, E2",
        "GUARD_FORGETS_OPERATIONS, E2"
    })
    void aMistakeMadeOnPurposeIsNoticedByItsRule(PlantedElectionFault mistake, String rule) {
        boolean ofGuard = mistake.guard() != PlantedGuardFault.NONE;
        List<ElectionSimulation.Result> results = LongStream.range(
                        0, ofGuard ? SEEDS_OF_GUARDS_MISTAKES : SEEDS_OF_MISTAKES)
                .parallel()
                .mapToObj(seed -> run(seed, mistake))
                .toList();
        if (!ofGuard) {
            convictions(results).assertOnly(mistake.toString(), rule, 2);
            return;
        }
        for (GuardedWrites.Kind kind : GuardedWrites.Kind.values()) {
            List<ElectionSimulation.Result> ofKind = results.stream()
                    .filter(result -> result.writes().kind() == kind)
                    .toList();
            convictions(ofKind).assertOnly(mistake + " at a " + kind, rule, ofKind.size() / 10);
        }
    }

    private static Convictions convictions(List<ElectionSimulation.Result> results) {
        return new Convictions(
                results.stream().map(ElectionSimulation.Result::broken).collect(Collectors.toList()));
    }

    @Test
    void everyMistakeHasARule() throws Exception {
        CsvSource mistakes = ElectionSimulationTest.class
                .getDeclaredMethod("aMistakeMadeOnPurposeIsNoticedByItsRule", PlantedElectionFault.class, String.class)
                .getAnnotation(CsvSource.class);
        assertThat(mistakes.value()).hasSize(PlantedElectionFault.values().length - 1);
    }
}
