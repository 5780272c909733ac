package io.mandate.election.internal.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.election.Election;
import io.mandate.testkit.InMemoryStore;
import io.mandate.testkit.SimulatedStore;
import io.mandate.testkit.time.VirtualScheduler;
import io.mandate.testkit.time.VirtualTime;
import java.util.List;
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
        process.election(store.client(process), 1).name("virtual").join();
        process.kill();
        assertThat(namesLeavingAtShutdown()).doesNotContain("virtual");
    }

    @Test
    void theShutdownOfTheJvmWaitsForAnElectionInRealTimeUntilItIsClosed() {
        try (InMemoryStore real = SimulatedStore.inMemory()) {
            Election election = Election.on(real).name("real").join();
            assertThat(namesLeavingAtShutdown()).contains("real");
            election.close();
            assertThat(namesLeavingAtShutdown()).doesNotContain("real");
        }
    }

    private static List<String> namesLeavingAtShutdown() {
        return RunningElections.leavingAtShutdown().stream()
                .map(driver -> driver.options().name())
                .toList();
    }
}
