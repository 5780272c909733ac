package io.mandate.election.partition;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.testkit.LoggedLines;
import io.mandate.testkit.time.VirtualScheduler;
import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A store that throws where it should answer with a failure ends neither a member's share nor a router. */
class RefusingStoreTest {
    private final VirtualWorkload orders = new VirtualWorkload();

    @AfterEach
    void close() {
        orders.refuses = false;
        orders.close();
    }

    @Test
    void aMemberGoesOnWhenItsRequestsAreTakenAgain() {
        orders.join("a");
        orders.awaitOwned("a", VirtualWorkload.PARTITIONS);
        orders.refuses = true;
        orders.time.runFor(Duration.ofMinutes(2));
        assertThat(orders.owned("a")).isZero();
        orders.refuses = false;
        orders.awaitOwned("a", VirtualWorkload.PARTITIONS);
    }

    @Test
    void aRouterGoesOnWhenItsRequestsAreTakenAgainAndSaysOnceThatTheyAreNot() {
        orders.join("a");
        orders.awaitOwned("a", VirtualWorkload.PARTITIONS);
        orders.refuses = true;
        VirtualScheduler process = new VirtualScheduler(orders.time, "router");
        try (LoggedLines log = LoggedLines.of(PartitionRouter.class);
                PartitionRouter router = process.workload(
                                orders.counted(orders.store.client(process)), "orders", VirtualWorkload.PARTITIONS, 1)
                        .router()) {
            orders.time.runFor(Duration.ofMinutes(1));
            orders.refuses = false;
            orders.await(
                    "routed",
                    () -> IntStream.range(0, VirtualWorkload.PARTITIONS)
                            .allMatch(partition -> router.owner(partition).isPresent()));
            assertThat(log.all()).filteredOn(line -> line.startsWith("router-")).hasSize(2);
        }
    }
}
