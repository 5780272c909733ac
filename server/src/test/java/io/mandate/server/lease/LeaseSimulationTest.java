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
    private static final int SEEDS = 1_000;
    private static final int STEPS = 1_500;

    @Test
    void noInvariantIsBrokenUnderFaults() {
        long acknowledged = 0;
        long expired = 0;
        long unknown = 0;
        for (long seed = 0; seed < SEEDS; seed++) {
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
                "lease simulation seeds=0..%d acknowledged=%d expired=%d unknown=%d%n",
                SEEDS - 1, acknowledged, expired, unknown);
        assertThat(acknowledged).isGreaterThan(SEEDS * 20L);
        assertThat(expired).isGreaterThan(SEEDS * 3L);
        assertThat(unknown).isGreaterThan(SEEDS);
    }

    @ParameterizedTest
    @CsvSource({
        "PROOF_IS_ASSUMED, L2",
        "STALE_LEADER_EXPIRES, L1",
        "SUSPENSION_IS_NOT_NOTICED, L3-suspension",
        "PROMOTION_KEEPS_OLD_DEADLINES, L4"
    })
    void aPlantedFaultIsFound(Mutant mutant, String invariant) {
        Set<String> broken = new TreeSet<>();
        for (long seed = 0; seed < 200 && !broken.contains(invariant); seed++) {
            try {
                new LeaseSimulation(seed, mutant).run(STEPS);
            } catch (Violation violation) {
                broken.add(violation.invariant);
            }
        }
        assertThat(broken).contains(invariant);
    }
}
