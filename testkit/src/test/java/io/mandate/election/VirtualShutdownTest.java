package io.mandate.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.testkit.InMemoryStore;
import io.mandate.testkit.SimulatedStore;
import io.mandate.testkit.time.VirtualScheduler;
import io.mandate.testkit.time.VirtualTime;
import org.junit.jupiter.api.Test;

/**
 * Virtual time stands still once its test is over: whatever would be waited for then is waited for as long as the
 * shutdown allows.
 */
class VirtualShutdownTest {
    private final VirtualTime time = new VirtualTime();
    private final SimulatedStore store = new SimulatedStore(time, 1);

    @Test
    void theShutdownOfTheJvmDoesNotWaitForAnElectionInVirtualTime() {
        VirtualScheduler process = new VirtualScheduler(time, "killed");
        ElectionBuilder candidate = Election.on(store.client(process)).name("nightly");
        Election election = candidate.scheduler(process, 1).join();
        process.kill();
        assertThat(RunningElections.leavingAtShutdown()).doesNotContain(election);
    }

    @Test
    void theShutdownOfTheJvmWaitsForAnElectionInRealTimeUntilItIsClosed() {
        try (InMemoryStore real = SimulatedStore.inMemory()) {
            Election election = Election.on(real).name("nightly").join();
            assertThat(RunningElections.leavingAtShutdown()).contains(election);
            election.close();
            assertThat(RunningElections.leavingAtShutdown()).doesNotContain(election);
        }
    }
}
