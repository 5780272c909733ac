package io.mandate.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.election.Election;
import io.mandate.election.Leadership;
import io.mandate.election.internal.store.BatchingStore;
import io.mandate.election.store.CasResult;
import io.mandate.election.store.ConditionalPut;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseStore;
import io.mandate.election.store.StoreException;
import io.mandate.testkit.time.VirtualExecutor;
import io.mandate.testkit.time.VirtualScheduler;
import io.mandate.testkit.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GatheringStoreTest {
    private final VirtualTime time = new VirtualTime();
    private final SimulatedStore simulated = new SimulatedStore(time, 1);
    private final VirtualScheduler process = new VirtualScheduler(time, "process");
    private final Counting counting = new Counting(simulated.client(process));
    private final BatchingStore store = new BatchingStore(counting, process);

    /** Writes down how long the requests are that reach the store. */
    private static final class Counting extends ForwardingStore {
        final List<Integer> writes = new ArrayList<>();
        final List<Integer> lists = new ArrayList<>();

        Counting(LeaseStore inner) {
            super(inner);
        }

        @Override
        public CompletionStage<CasResult> compareAndSet(String key, long expectedVersion, String value, long leaseId) {
            writes.add(1);
            return inner.compareAndSet(key, expectedVersion, value, leaseId);
        }

        @Override
        public CompletionStage<List<CasResult>> compareAndSetAll(List<ConditionalPut> changes, long leaseId) {
            writes.add(changes.size());
            return inner.compareAndSetAll(changes, leaseId);
        }

        @Override
        public CompletionStage<List<Entry>> list(String prefix, int limit) {
            lists.add(1);
            return inner.list(prefix, limit);
        }

        @Override
        public CompletionStage<List<List<Entry>>> listAll(List<String> prefixes, int limit) {
            lists.add(prefixes.size());
            return inner.listAll(prefixes, limit);
        }
    }

    private CompletableFuture<CasResult> write(String key) {
        return store.compareAndSet(key, 0, "value of " + key, 0).toCompletableFuture();
    }

    @Test
    void whatIsAskedForInOneTurnIsSentTogetherAndAnsweredEachByItself() {
        List<CompletableFuture<CasResult>> swaps = new ArrayList<>();
        process.execute(() -> IntStream.range(0, 250).forEach(i -> swaps.add(write("e" + i + "/k"))));
        time.runFor(Duration.ofSeconds(5));

        assertThat(counting.writes).containsExactly(100, 100, 50);
        for (int i = 0; i < 250; i++) {
            assertThat(swaps.get(i).join())
                    .isInstanceOfSatisfying(
                            CasResult.Written.class,
                            written -> assertThat(written.entry().value())
                                    .isEqualTo("value of " + written.entry().key()));
            assertThat(((CasResult.Written) swaps.get(i).join()).entry().key()).isEqualTo("e" + i + "/k");
        }
    }

    @Test
    void whatIsAskedForAloneIsSentAlone() {
        process.execute(() -> write("e/k"));
        time.runFor(Duration.ofSeconds(1));
        assertThat(counting.writes).containsExactly(1);
    }

    @Test
    void keysOfOneDirectoryAreWrittenInBatchesApartSoThatTheirCreationsDiffer() {
        List<CompletableFuture<CasResult>> swaps = new ArrayList<>();
        process.execute(() -> List.of("e/a", "e/b", "f/a", "e/c").forEach(key -> swaps.add(write(key))));
        time.runFor(Duration.ofSeconds(5));

        assertThat(counting.writes).containsExactly(2, 1, 1);
        assertThat(swaps.stream()
                        .map(swap -> ((CasResult.Written) swap.join()).entry())
                        .filter(entry -> entry.key().startsWith("e/"))
                        .map(Entry::creation)
                        .distinct())
                .hasSize(3);
    }

    @Test
    void writesOnDifferentLeasesAreBatchesOfTheirOwn() {
        process.execute(() -> {
            store.compareAndSet("e/k", 0, "v", 0);
            store.compareAndSet("f/k", 0, "v", 1);
            store.compareAndSet("g/k", 0, "v", 0);
        });
        time.runFor(Duration.ofSeconds(5));
        assertThat(counting.writes).containsExactly(2, 1);
    }

    @Test
    void valuesThatAreTooLongForOneRequestAreSentInSeveral() {
        String long_ = "x".repeat(LeaseStore.VALUE_BYTES_MAX);
        process.execute(() -> IntStream.range(0, 13).forEach(i -> store.compareAndSet("e" + i + "/k", 0, long_, 0)));
        time.runFor(Duration.ofSeconds(5));
        assertThat(counting.writes).containsExactly(11, 2);
    }

    @Test
    void whatIsAskedForWhileTheStoreDoesNotAnswerWaitsAndIsSentInLongerBatches() {
        for (int turn = 0; turn < 100; turn++) {
            int number = turn;
            process.execute(() -> write("e" + number + "/k"));
        }
        time.runFor(Duration.ofSeconds(5));
        assertThat(counting.writes.stream().mapToInt(Integer::intValue).sum()).isEqualTo(100);
        assertThat(counting.writes).hasSizeLessThan(25);
    }

    @Test
    void aBatchThatFailsFailsForAll() {
        simulated.goAway(Duration.ofMinutes(1));
        List<CompletableFuture<CasResult>> swaps = new ArrayList<>();
        process.execute(() -> List.of("e/k", "f/k").forEach(key -> swaps.add(write(key))));
        time.runFor(Duration.ofMinutes(2));

        assertThat(swaps)
                .hasSize(2)
                .allSatisfy(swap -> assertThat(swap)
                        .failsWithin(Duration.ZERO)
                        .withThrowableThat()
                        .withCauseInstanceOf(StoreException.class));
    }

    @Test
    void aThousandElectionsOfOneProcessCampaignInSomeTenRequests() {
        List<Election> elections = IntStream.range(0, 1_000)
                .mapToObj(i -> process.election(counting, 1)
                        .name("election-" + i)
                        .ttl(Duration.ofSeconds(5))
                        .historyLength(0)
                        .executor(new VirtualExecutor(process))
                        .join())
                .toList();
        List<CompletableFuture<Leadership>> led =
                elections.stream().map(Election::lead).toList();
        assertThat(time.runUntil(() -> led.stream().allMatch(CompletableFuture::isDone), Duration.ofSeconds(10)))
                .isTrue();

        assertThat(counting.writes).hasSizeLessThan(40);
        assertThat(counting.lists).hasSizeLessThan(80);
        led.forEach(leadership -> leadership.join().release());
        elections.forEach(Election::closeAsync);
        time.runFor(Duration.ofMinutes(1));
    }
}
