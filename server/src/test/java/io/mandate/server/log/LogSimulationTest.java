package io.mandate.server.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.util.EnumSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;

/** See {@link LogSimulation}. {@code -Dlog.seed=N} repeats one seed. */
@Tag("integration")
class LogSimulationTest {
    private static final int SEEDS = Integer.getInteger("log.seeds", 1_000);
    private static final int MISTAKE_SEEDS_MAX = 2_000;

    private static final Logger LOGGER = (Logger) LoggerFactory.getLogger("io.mandate.server.log");
    private static final Level LEVEL = LOGGER.getLevel();

    /** Thousands of power failures would be reported. */
    @BeforeAll
    static void quiet() {
        LOGGER.setLevel(Level.OFF);
    }

    @AfterAll
    static void asLoudAsBefore() {
        LOGGER.setLevel(LEVEL);
    }

    @Test
    void whatWasAcknowledgedOutlivesPowerFailuresAndNothingElseDoes() {
        Long only = Long.getLong("log.seed");
        long from = only == null ? 0 : only;
        run(from, only == null ? from + SEEDS : from + 1, only == null);
    }

    @Test
    @Tag("long")
    void whatWasAcknowledgedOutlivesManyMorePowerFailures() {
        long from = System.nanoTime();
        System.out.println("seeds from " + from);
        run(from, from + 200_000, true);
    }

    private static void run(long from, long to, boolean all) {
        long cuts = 0;
        long deletions = 0;
        for (long seed = from; seed < to; seed++) {
            LogSimulation simulation = new LogSimulation(seed, EnumSet.noneOf(SimulatedDisk.Mistake.class));
            try {
                simulation.run();
            } catch (RuntimeException | AssertionError failed) {
                throw new AssertionError(
                        "seed " + seed
                                + ": mvn verify -pl server -am -DskipUnitTests -Dit.test=LogSimulationTest -Dfailsafe.failIfNoSpecifiedTests=false -Dlog.seed="
                                + seed,
                        failed);
            }
            cuts += simulation.cuts;
            deletions += simulation.deletions;
        }
        if (all) {
            System.out.println("power cuts within a call: " + cuts + ", calls that deleted files: " + deletions);
            assertThat(cuts).as("power cuts").isGreaterThan(to - from);
            assertThat(deletions).as("deletions").isGreaterThan((to - from) / 10);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aMistakeIsConvicted(SimulatedDisk.Mistake mistake) {
        long seed = 0;
        while (isInnocent(seed, mistake)) {
            seed++;
            assertThat(seed).as("seeds without a conviction of " + mistake).isLessThan(MISTAKE_SEEDS_MAX);
        }
        System.out.println("mistake " + mistake + " convicted by seed " + seed);
    }

    private static boolean isInnocent(long seed, SimulatedDisk.Mistake mistake) {
        try {
            new LogSimulation(seed, EnumSet.of(mistake)).run();
            return true;
        } catch (RuntimeException | AssertionError convicted) {
            return false;
        }
    }
}
