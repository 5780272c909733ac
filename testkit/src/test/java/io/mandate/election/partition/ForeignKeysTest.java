package io.mandate.election.partition;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.election.store.LeaseStore;
import io.mandate.testkit.time.VirtualScheduler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A workload whose name other keys begin with too. */
class ForeignKeysTest {
    private final VirtualWorkload orders = new VirtualWorkload();
    private final LeaseStore connection = orders.store.client(new VirtualScheduler(orders.time, "somebody else"));

    private void put(String key) {
        orders.answer(connection.compareAndSet(key, 0, "x", 0).toCompletableFuture());
    }

    @AfterEach
    void close() {
        orders.close();
    }

    @Test
    void keysBelowAPartitionOrAMemberDoNotKeepItFromBeingOwnedOrShown() {
        put("orders/3/offset");
        put("orders/3/eu/1-2-3");
        put("orders/members/a/note");
        put("orders/members/a/b/1-2-3");
        orders.join("a");
        orders.awaitOwned("a", VirtualWorkload.PARTITIONS);

        WorkloadState state = orders.answer(orders.control.state(false));
        assertThat(state.members()).extracting(MemberState::name).containsExactly("a");
        assertThat(state.partitions())
                .allSatisfy(partition -> assertThat(partition.owner()).contains("a"));
        PartitionRouter router = new VirtualScheduler(orders.time, "router")
                .workload(connection, "orders", VirtualWorkload.PARTITIONS, 1)
                .router();
        orders.answer(router.ready());
        assertThat(router.owner(3).map(PartitionOwner::member)).contains("a");
        assertThat(orders.answer(router.refresh(3)).map(PartitionOwner::member)).contains("a");
        router.close();
    }
}
