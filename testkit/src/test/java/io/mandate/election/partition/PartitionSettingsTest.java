package io.mandate.election.partition;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.mandate.election.store.LeaseStore;
import io.mandate.testkit.SimulatedStore;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** A member is refused when it joins, and not when a partition comes to it. */
class PartitionSettingsTest {
    private static final Duration FOR_EVER = Duration.ofSeconds(Long.MAX_VALUE);

    private static void assertRefused(String named, UnaryOperator<PartitionedWorkload> setting) {
        LeaseStore store = SimulatedStore.inMemory().connect();
        PartitionedWorkload described =
                setting.apply(PartitionedWorkload.of(store, "orders", 4).member("ada"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> described.joinAsync(term -> new CompletableFuture<>()))
                .withMessageContaining(named);
        store.close();
    }

    @Test
    void whatIsOutOfItsBoundsIsNamed() {
        assertRefused("a/b", workload -> workload.member("a/b"));
        assertRefused("has no name", workload -> workload.member(""));
        assertRefused("weight of 0", workload -> workload.weight(0));
        assertRefused("capacity of -1", workload -> workload.capacity(-1));
        assertRefused("settle time of PT-0.001S", workload -> workload.settle(Duration.ofMillis(-1)));
        assertRefused("time to live of PT216H", workload -> workload.ttl(Duration.ofDays(9)));
        assertRefused("time to live of " + FOR_EVER, workload -> workload.ttl(FOR_EVER));
        assertRefused("drain timeout of " + FOR_EVER, workload -> workload.drainTimeout(FOR_EVER));
        assertRefused("history of -1", workload -> workload.historyLength(-1));
        assertRefused("history of 201", workload -> workload.historyLength(201));
    }

    /** As code does whose compiler does not know. */
    @Test
    @SuppressWarnings("NullAway")
    void whatIsNullIsNamed() {
        LeaseStore store = SimulatedStore.inMemory().connect();
        PartitionedWorkload described = PartitionedWorkload.of(store, "orders", 4);
        assertThatNullPointerException().isThrownBy(() -> described.ttl(null)).withMessage("ttl");
        assertThatNullPointerException()
                .isThrownBy(() -> described.member(null))
                .withMessage("member");
        store.close();
    }
}
