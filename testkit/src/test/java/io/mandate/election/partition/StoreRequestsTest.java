package io.mandate.election.partition;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What docs/guides/partitions.md says of how much is asked of the store. */
class StoreRequestsTest {
    private static final int PARTITIONS = 600;

    private final VirtualWorkload orders = new VirtualWorkload(PARTITIONS);

    @AfterEach
    void close() {
        orders.close();
    }

    private int requests() {
        int sum = orders.requests.values().stream().mapToInt(Integer::intValue).sum();
        orders.requests.clear();
        return sum;
    }

    @Test
    void membersAreAskedForAndPartitionsInBatches() {
        orders.join("a");
        orders.join("b");
        orders.join("c");
        orders.awaitOwned("a", 200);
        orders.awaitOwned("b", 200);
        orders.awaitOwned("c", 200);
        orders.time.runFor(Duration.ofSeconds(30));
        requests();
        orders.time.runFor(Duration.ofMinutes(10));
        // 60 times 5 times to live. For each member 15 renewals, three reads, and up to ten looks at its 200
        // partitions.
        assertThat(requests()).as("while nothing happens").isBetween(60 * 3 * 20, 60 * 3 * 28);

        orders.join("d");
        orders.awaitOwned("d", 150);
        orders.time.runFor(Duration.ofSeconds(1));
        assertThat(requests()).as("for 150 that move").isBetween(10, 250);

        orders.process("d").kill();
        orders.awaitOwned("a", 200);
        orders.awaitOwned("b", 200);
        orders.awaitOwned("c", 200);
        orders.time.runFor(Duration.ofSeconds(1));
        assertThat(requests()).as("for 150 whose owner died").isBetween(10, 250);
    }
}
