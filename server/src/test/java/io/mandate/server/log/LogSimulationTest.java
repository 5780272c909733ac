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

/** Runs {@link LogSimulation}; {@code -Dlog.seed=N} repeats one seed. */
@Tag("integration")
class LogSimulationTest {
    private static final int SEEDS = Integer.getInteger("log.seeds", 1_000);
    private static final int FAULT_SEEDS_MAX = 2_000;

    private static final Logger LOGGER = (Logger) LoggerFactory.getLogger("io.mandate.server.log");
    private static final Level LEVEL = LOGGER.getLevel();

    /** Otherwise thousands of power failures would be logged. */
    @BeforeAll
    static void disableLogging() {
        LOGGER.setLevel(Level.OFF);
    }

    @AfterAll
    static void restoreLogging() {
        LOGGER.setLevel(LEVEL);
    }

    @Test
    void exactlyTheAcknowledgedStateSurvivesPowerFailures() {
        Long only = Long.getLong("log.seed");
        long from = only == null ? 0 : only;
        run(from, only == null ? from + SEEDS : from + 1, only == null);
    }

    @Test
    @Tag("long")
    void exactlyTheAcknowledgedStateSurvivesManyPowerFailures() {
        long from = System.nanoTime();
        System.out.println("seeds from " + from);
        run(from, from + 200_000, true);
    }

    private static void run(long from, long to, boolean all) {
        long cuts = 0;
        long deletions = 0;
        for (long seed = from; seed < to; seed++) {
            LogSimulation simulation = new LogSimulation(seed, EnumSet.noneOf(SimulatedDisk.PlantedFault.class));
            try {
                simulation.run();
            } catch (RuntimeException | AssertionError failed) {
                throw new AssertionError(
                        "seed " + seed
                                + ": mvn verify -pl server -am -DskipUnitTests -Dit.test=LogSimulationTest "
                                + "-Dfailsafe.failIfNoSpecifiedTests=false -Dlog.seed="
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
    void everyPlantedFaultIsDetected(SimulatedDisk.PlantedFault fault) {
        long seed = 0;
        while (passes(seed, fault)) {
            seed++;
            assertThat(seed).as("seeds that do not detect " + fault).isLessThan(FAULT_SEEDS_MAX);
        }
        System.out.println("fault " + fault + " detected by seed " + seed);
    }

    private static boolean passes(long seed, SimulatedDisk.PlantedFault fault) {
        try {
            new LogSimulation(seed, EnumSet.of(fault)).run();
            return true;
        } catch (RuntimeException | AssertionError detected) {
            return false;
        }
    }
}
