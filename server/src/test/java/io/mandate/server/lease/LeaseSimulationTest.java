package io.mandate.server.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.server.lease.LeaseSimulation.Mutant;
import io.mandate.server.lease.LeaseSimulation.Violation;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("integration")
class LeaseSimulationTest {
    private static final int SEEDS = 300;
    private static final int SEEDS_LONG = 20_000;
    private static final int STEPS = 1_500;

    @Test
    void invariantsHoldUnderFaults() {
        checkInvariants(0, SEEDS);
    }

    @Test
    @Tag("long")
    void invariantsHoldUnderFaultsForManySeeds() {
        checkInvariants(1_000_000, SEEDS_LONG);
    }

    private static void checkInvariants(long firstSeed, long seeds) {
        long acknowledged = 0;
        long expired = 0;
        long unknown = 0;
        for (long seed = firstSeed; seed < firstSeed + seeds; seed++) {
            LeaseSimulation simulation = new LeaseSimulation(seed, Mutant.NONE);
            try {
                simulation.run(STEPS);
            } catch (RuntimeException | AssertionError failure) {
                throw new AssertionError("seed " + seed, failure);
            }
            acknowledged += simulation.acknowledged;
            expired += simulation.expired;
            unknown += simulation.unknownOutcomes;
        }
        System.out.printf(
                "lease simulation seeds=%d..%d acknowledged=%d expired=%d unknown=%d%n",
                firstSeed, firstSeed + seeds - 1, acknowledged, expired, unknown);
        assertThat(acknowledged).isGreaterThan(seeds * 20);
        assertThat(expired).isGreaterThan(seeds * 3);
        assertThat(unknown).isGreaterThan(seeds);
    }

    @ParameterizedTest
    @CsvSource({
        "PROOF_IS_ASSUMED, L2",
        "STALE_LEADER_EXPIRES, L1",
        "SUSPENSION_IS_NOT_NOTICED, L3-suspension",
        "PROMOTION_KEEPS_OLD_DEADLINES, L4"
    })
    void aPlantedFaultIsFound(Mutant mutant, String invariant) {
        Set<String> violated = new TreeSet<>();
        for (long seed = 0; seed < 200 && !violated.contains(invariant); seed++) {
            try {
                new LeaseSimulation(seed, mutant).run(STEPS);
            } catch (Violation violation) {
                violated.add(violation.invariant);
            }
        }
        assertThat(violated).contains(invariant);
    }
}
