package io.mandate.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.election.partition.Partition;
import io.mandate.election.partition.PartitionMembership;
import io.mandate.election.partition.PartitionedWorkload;
import io.mandate.election.store.LeaseStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What all the other promises are for: a partitioned workload, from its first members to the death of one. */
abstract class PartitionConformance extends BatchConformance {
    private static final int PARTITIONS = 30;
    private static final Duration SETTLE = Duration.ofMillis(50);

    /** The tokens under which a partition was owned, in no certain order: work begins on threads of its own. */
    private final ConcurrentMap<Integer, Queue<Long>> tokens = new ConcurrentHashMap<>();

    private final List<PartitionMembership> shares = new ArrayList<>();

    private PartitionMembership join(LeaseStore connection, String member) {
        PartitionMembership share = PartitionedWorkload.of(connection, prefix + "workload", PARTITIONS)
                .member(member)
                .ttl(Duration.ofMillis(ttlMillis()))
                .settle(SETTLE)
                .joinAsync(this::work);
        shares.add(share);
        return share;
    }

    private CompletableFuture<Void> work(Partition partition) {
        tokensOf(partition.index()).add(partition.term().token());
        CompletableFuture<Void> returned = new CompletableFuture<>();
        partition.drainRequested().thenRun(() -> returned.complete(null));
        partition.term().ended().thenRun(() -> returned.complete(null));
        return returned;
    }

    private Queue<Long> tokensOf(int partition) {
        return tokens.computeIfAbsent(partition, index -> new ConcurrentLinkedQueue<>());
    }

    private void eventuallyOwned(Map<PartitionMembership, Integer> partitions) {
        eventually(
                "partitions are owned by " + partitions.values(),
                () -> partitions.entrySet().stream()
                        .allMatch(share -> share.getKey().owned().size() == share.getValue()));
    }

    @Test
    void partitionsAreSharedHandedOverAndTakenOverWhenALeaseHasEnded() throws Exception {
        List<CompletableFuture<Void>> closed;
        try {
            shareHandOverAndTakeOver(oneMore());
        } finally {
            closed = shares.stream().map(PartitionMembership::closeAsync).toList();
        }
        eventually(
                "all members leave, also one whose store is gone",
                () -> closed.stream().allMatch(CompletableFuture::isDone));
    }

    private void shareHandOverAndTakeOver(LeaseStore dying) {
        PartitionMembership stays = join(store, "a");
        PartitionMembership dies = join(dying, "b");
        PartitionMembership leaves = join(other, "c");
        eventuallyOwned(Map.of(stays, PARTITIONS / 3, dies, PARTITIONS / 3, leaves, PARTITIONS / 3));

        CompletableFuture<Void> left = leaves.closeAsync();
        eventuallyOwned(Map.of(stays, PARTITIONS / 2, dies, PARTITIONS / 2, leaves, 0));
        eventually("who hands over leaves", left::isDone);

        dying.close();
        eventuallyOwned(Map.of(stays, PARTITIONS, dies, 0));

        assertThat(stays.owned().keySet())
                .containsExactlyElementsOf(
                        IntStream.range(0, PARTITIONS).boxed().toList());
        stays.owned().forEach((partition, token) -> {
            List<Long> all = List.copyOf(tokensOf(partition));
            assertThat(all).as("tokens of partition %d", partition).doesNotHaveDuplicates();
            assertThat(token).as("the last of the tokens %s", all).isEqualTo(Collections.max(all));
        });
    }
}
