package io.mandate.election.partition;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.testkit.InMemoryStore;
import io.mandate.testkit.SimulatedStore;
import org.junit.jupiter.api.Test;

/** As the shutdown's test of elections, of members. */
class VirtualShutdownTest {
    @Test
    void theShutdownOfTheJvmDoesNotWaitForAMemberInVirtualTime() {
        VirtualWorkload orders = new VirtualWorkload();
        PartitionMembership share = orders.join("killed");
        orders.awaitOwned("killed", VirtualWorkload.PARTITIONS);
        orders.process("killed").kill();
        assertThat(RunningMemberships.leavingAtShutdown()).doesNotContain(share);
    }

    @Test
    void theShutdownOfTheJvmWaitsForAMemberInRealTimeUntilItIsClosed() {
        try (InMemoryStore real = SimulatedStore.inMemory()) {
            PartitionMembership share =
                    PartitionedWorkload.of(real, "orders", 1).member("only").join(partition -> {});
            assertThat(RunningMemberships.leavingAtShutdown()).contains(share);
            share.close();
            assertThat(RunningMemberships.leavingAtShutdown()).doesNotContain(share);
        }
    }
}
