package io.mandate.election.internal.session;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** E3 and E4 of the protocol's invariants, over many seeds. */
class SessionSimulationTest {
    private static final int SEEDS = 2_000;

    @Test
    void theHolderNeverSeesTimeLeftOfALeaseThatTheStoreHasEnded() {
        long looks = 0;
        long ends = 0;
        for (long seed = 1; seed <= SEEDS; seed++) {
            SessionSimulation simulation = new SessionSimulation(seed, SessionSimulation.Counting.FROM_THE_REQUEST);
            simulation.run();
            assertThat(simulation.broken).as("seed %d", seed).isNull();
            looks += simulation.looksWhileHeld;
            ends += simulation.ends;
        }
        assertThat(looks).as("looks at a deadline with time left").isGreaterThan(1_000L * SEEDS);
        assertThat(ends).as("leases that ended").isGreaterThan(5L * SEEDS);
    }

    @Test
    void aDeadlineCountedFromTheAnswerIsCaught() {
        int caught = 0;
        for (long seed = 1; seed <= 100; seed++) {
            SessionSimulation simulation = new SessionSimulation(seed, SessionSimulation.Counting.FROM_THE_ANSWER);
            simulation.run();
            caught += simulation.broken == null ? 0 : 1;
        }
        assertThat(caught).as("of 100 seeds").isGreaterThan(10);
    }
}
