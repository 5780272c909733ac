package io.mandate.election.partition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.election.internal.plan.PartitionHash;
import io.mandate.testkit.SimulatedConnection;
import io.mandate.testkit.time.VirtualScheduler;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PartitionRouterTest {
    private static final int PARTITIONS = VirtualWorkload.PARTITIONS;

    private final VirtualWorkload orders = new VirtualWorkload();
    private final VirtualScheduler process = new VirtualScheduler(orders.time, "router");
    private final SimulatedConnection connection = orders.store.client(process);
    private final PartitionRouter router =
            process.workload(connection, "orders", PARTITIONS, 1).router();

    @AfterEach
    void close() {
        router.close();
        orders.close();
    }

    private long ownedBy(String member) {
        return IntStream.range(0, PARTITIONS)
                .mapToObj(router::owner)
                .flatMap(Optional::stream)
                .filter(owner -> owner.member().equals(member))
                .count();
    }

    @Test
    void aWorkloadThatNobodyHasJoinedHasNoOwners() throws Exception {
        orders.time.runFor(Duration.ofSeconds(1));
        // Completed on a thread of its own, for which virtual time does not wait.
        router.ready().get(10, TimeUnit.SECONDS);
        assertThat(router.ownerOf("alice")).isEmpty();
        assertThat(orders.answer(router.refresh(3))).isEmpty();
    }

    @Test
    void theOwnerOfAKeyIsThatOfItsPartitionWithTokenAndLabels() {
        orders.join("a");
        orders.awaitOwned("a", PARTITIONS);
        orders.await("routed", () -> ownedBy("a") == PARTITIONS);
        int partition = PartitionHash.partitionOf("alice", PARTITIONS);
        PartitionState state =
                orders.answer(orders.control.state(false)).partitions().get(partition);
        PartitionOwner owner = router.ownerOf("alice").orElseThrow();
        assertThat(router.partitionOf("alice")).isEqualTo(partition);
        assertThat(owner.partition()).isEqualTo(partition);
        assertThat(owner.token()).isEqualTo(state.token());
        assertThat(owner.labels()).containsEntry("address", "a:80");
        assertThatThrownBy(() -> router.owner(PARTITIONS)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void itFollowsAHandOverAndADeath() {
        orders.join("a");
        orders.join("b");
        orders.await("routed to both", () -> ownedBy("a") == 6 && ownedBy("b") == 6);
        PartitionMembership leaver = orders.join("c");
        orders.await("routed to all", () -> ownedBy("a") == 4 && ownedBy("b") == 4 && ownedBy("c") == 4);
        leaver.closeAsync();
        orders.await("routed to those that stay", () -> ownedBy("c") == 0 && ownedBy("a") == 6 && ownedBy("b") == 6);
        orders.process("b").kill();
        orders.await("routed to who is left", () -> ownedBy("a") == PARTITIONS);
    }

    @Test
    void whoAsksAgainIsToldTheOwnerOfNowThoughNoWatchCalls() {
        orders.join("a");
        orders.await("routed", () -> ownedBy("a") == PARTITIONS);
        orders.store.stallWatches(Duration.ofMinutes(10));
        orders.process("a").kill();
        orders.join("b");
        orders.awaitOwned("b", PARTITIONS);
        long old = router.owner(3).orElseThrow().token();
        PartitionOwner owner = orders.answer(router.refresh(3)).orElseThrow();
        assertThat(owner.member()).isEqualTo("b");
        assertThat(owner.token()).isGreaterThan(old);
        orders.await("seen by all", () -> router.owner(3).orElseThrow().member().equals("b"));
        orders.time.runFor(Duration.ofSeconds(20));
        assertThat(ownedBy("b")).as("by the slow poll").isEqualTo(PARTITIONS);
    }

    @Test
    void whatChangedWhileItWasCutOffIsSeenAfterwards() {
        orders.join("a");
        orders.await("routed", () -> ownedBy("a") == PARTITIONS);
        connection.partition(Duration.ofSeconds(20));
        orders.process("a").kill();
        orders.join("b");
        orders.awaitOwned("b", PARTITIONS);
        assertThat(ownedBy("a")).isEqualTo(PARTITIONS);
        orders.time.runFor(Duration.ofSeconds(20));
        orders.await("routed to b", () -> ownedBy("b") == PARTITIONS);
    }
}
