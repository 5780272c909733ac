package io.mandate.verify.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * E1 to E8 of the protocol's invariants over many seeds. A failure names its seed; {@code -Dsimulation.seed=N -Dsimulation.seeds=1} plays that one again.
 */
@Tag("integration")
class ElectionSimulationTest {
    private static final long FIRST_SEED = Long.getLong("simulation.seed", 1);
    private static final long SEEDS = Long.getLong("simulation.seeds", 20_000);

    private static final long SEEDS_OF_MISTAKES = 1_000;

    private static ElectionSimulation.Result run(long seed, Mistake mistake) {
        try {
            return new ElectionSimulation(seed, mistake).run();
        } catch (RuntimeException | Error failure) {
            throw new AssertionError("seed " + seed, failure);
        }
    }

    @Test
    void whatIsPromisedHolds() {
        List<ElectionSimulation.Result> results = LongStream.range(FIRST_SEED, FIRST_SEED + SEEDS)
                .parallel()
                .mapToObj(seed -> {
                    ElectionSimulation.Result result = run(seed, Mistake.NONE);
                    assertThat(result.broken()).as("seed %d", seed).isNull();
                    return result;
                })
                .toList();
        long terms =
                results.stream().mapToLong(ElectionSimulation.Result::terms).sum();
        long acts = results.stream().mapToLong(ElectionSimulation.Result::acts).sum();
        long staleWrites = results.stream()
                .mapToLong(ElectionSimulation.Result::staleWrites)
                .sum();
        System.out.printf(
                "%,d seeds: %,d terms, %,d looks at terms with time left, %,d writes of leaders of the past refused%n",
                SEEDS, terms, acts, staleWrites);
        // A run in which little happened shows little.
        assertThat(terms).isGreaterThan(8 * SEEDS);
        assertThat(acts).isGreaterThan(100 * SEEDS);
        assertThat(staleWrites).isGreaterThan(SEEDS / 10);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void aMistakeMadeOnPurposeIsNoticed(Mistake mistake) {
        long noticed = LongStream.range(0, SEEDS_OF_MISTAKES)
                .parallel()
                .filter(seed -> run(seed, mistake).broken() != null)
                .count();
        assertThat(noticed).as("of %d seeds", SEEDS_OF_MISTAKES).isGreaterThan(5);
    }
}
