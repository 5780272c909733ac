package io.mandate.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.election.store.CasResult;
import io.mandate.election.store.ConditionalDelete;
import io.mandate.election.store.ConditionalPut;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseGrant;
import io.mandate.election.store.LeaseStore;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** What is promised of several requests at once. */
abstract class BatchConformance extends LeaseConformance {
    private static final int TOO_MANY = LeaseStore.BATCH_MAX + 1;

    private String key(int number) {
        return prefix + "batch-" + number + "/k";
    }

    @Test
    void eachWriteOfABatchIsDecidedAndAnsweredByItself() {
        Entry present = create("b/k");
        Entry old = create("c/k");
        Entry replaced = replace(old, "new", 0);

        List<CasResult> swaps = get(store.compareAndSetAll(
                List.of(
                        new ConditionalPut(prefix + "a/k", 0, "a"),
                        new ConditionalPut(present.key(), 0, "b"),
                        new ConditionalPut(old.key(), old.version(), "c"),
                        new ConditionalPut(prefix + "d/k", 0, "d"),
                        new ConditionalPut(prefix + "e/k", 7, "e")),
                0));

        assertThat(swaps).hasSize(5);
        assertThat(get(other.read(prefix + "a/k"))).contains(written(swaps.get(0)));
        assertThat(swaps.get(1)).isEqualTo(new CasResult.Refused(present));
        assertThat(swaps.get(2)).isEqualTo(new CasResult.Refused(replaced));
        assertThat(get(other.read(prefix + "d/k"))).contains(written(swaps.get(3)));
        assertThat(swaps.get(4)).isEqualTo(new CasResult.Refused(null));
    }

    @Test
    void aKeyThatAnotherBatchCreatesLaterHasALargerCreation() {
        Entry first = written(get(store.compareAndSetAll(List.of(new ConditionalPut(prefix + "e/z", 0, "v")), 0))
                .get(0));
        Entry second = written(get(other.compareAndSetAll(
                        List.of(new ConditionalPut(prefix + "d/k", 0, "v"), new ConditionalPut(prefix + "e/a", 0, "v")),
                        0))
                .get(1));

        assertThat(second.creation()).isGreaterThan(first.creation());
    }

    @Test
    void aBatchMayBeAsLongAsTheLimit() {
        List<Integer> numbers = IntStream.range(0, LeaseStore.BATCH_MAX).boxed().toList();

        List<CasResult> created = get(store.compareAndSetAll(
                numbers.stream()
                        .map(i -> new ConditionalPut(key(i), 0, "v" + i))
                        .toList(),
                0));

        assertThat(created).hasSize(LeaseStore.BATCH_MAX).allMatch(CasResult.Written.class::isInstance);
        List<Optional<Entry>> read =
                get(other.readAll(numbers.stream().map(this::key).toList()));
        assertThat(read)
                .extracting(entry -> entry.orElseThrow().value())
                .isEqualTo(numbers.stream().map(i -> "v" + i).toList());
        assertThat(get(store.deleteAll(created.stream()
                        .map(swap -> new ConditionalDelete(
                                written(swap).key(), written(swap).creation()))
                        .toList())))
                .hasSize(LeaseStore.BATCH_MAX)
                .containsOnly(true);
        assertThat(get(other.list(prefix, LeaseStore.LIST_MAX))).isEmpty();
    }

    @Test
    void readsOfABatchAreAnsweredInTheirOrder() {
        Entry a = create("a/k");
        Entry b = create("b/k");
        Entry later = create("b/j");

        assertThat(get(other.readAll(List.of(b.key(), prefix + "c/k", a.key()))))
                .containsExactly(Optional.of(b), Optional.empty(), Optional.of(a));
        assertThat(get(other.listAll(List.of(prefix + "b/", prefix + "c/", prefix + "a/"), 1)))
                .containsExactly(List.of(b), List.of(), List.of(a));
        assertThat(get(other.listAll(List.of(prefix + "b/"), 2))).containsExactly(List.of(b, later));
    }

    @Test
    void eachDeleteOfABatchIsDecidedByItself() {
        Entry a = create("a/k");
        Entry b = create("b/k");

        assertThat(get(store.deleteAll(List.of(
                        new ConditionalDelete(a.key(), a.creation() + 1),
                        new ConditionalDelete(b.key(), b.creation()),
                        new ConditionalDelete(prefix + "c/k", 1)))))
                .containsExactly(false, true, false);
        assertThat(isThere("a/k")).isTrue();
        assertThat(isThere("b/k")).isFalse();
    }

    @Test
    void batchesThatAreTooLongAreRefused() {
        List<String> keys = IntStream.range(0, TOO_MANY).mapToObj(this::key).toList();

        assertBatchRefused(failure(() -> store.readAll(keys)));
        assertBatchRefused(failure(() -> store.listAll(keys, 1)));
        assertBatchRefused(failure(() -> store.compareAndSetAll(
                keys.stream().map(key -> new ConditionalPut(key, 0, "v")).toList(), 0)));
        assertBatchRefused(failure(() -> store.deleteAll(
                keys.stream().map(key -> new ConditionalDelete(key, 1)).toList())));
        assertThat(get(store.list(prefix, LeaseStore.LIST_MAX))).isEmpty();
    }

    @Test
    void keysOfOneDirectoryAreNotWrittenInOneBatch() {
        assertBatchRefused(failure(() -> store.compareAndSetAll(
                List.of(new ConditionalPut(prefix + "e/a", 0, "v"), new ConditionalPut(prefix + "e/b", 0, "v")), 0)));
        assertThat(get(store.list(prefix, LeaseStore.LIST_MAX))).isEmpty();
    }

    private static void assertBatchRefused(Throwable failure) {
        assertThat(failure).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("batch");
    }

    @Test
    void aBatchOnALeaseEndsWithIt() {
        LeaseGrant lease = get(store.grant(longTtlMillis()));
        List<ConditionalPut> changes =
                List.of(new ConditionalPut(prefix + "a/k", 0, "v"), new ConditionalPut(prefix + "b/k", 0, "v"));

        List<CasResult> created = get(store.compareAndSetAll(changes, lease.leaseId()));
        assertThat(created).allMatch(swap -> written(swap).leaseId() == lease.leaseId());
        get(store.revoke(lease.leaseId()));

        assertThat(get(other.list(prefix, LeaseStore.LIST_MAX))).isEmpty();
        assertThat(get(store.compareAndSetAll(changes, lease.leaseId())))
                .hasSize(2)
                .containsOnly(new CasResult.NoSuchLease());
    }

    @Test
    void aWatchThatTellsKeysTellsThoseThatChangeOrThatAnyMayHave() {
        assumeWatches();
        ConcurrentLinkedQueue<Optional<String>> told = new ConcurrentLinkedQueue<>();
        try (var watch = store.watchKeys(prefix + "e/", told::add)) {
            eventually("a call when the watch begins", () -> told.contains(Optional.<String>empty()));
            told.clear();
            create("e/k");
            eventually(
                    "a call for a new key",
                    () -> told.contains(Optional.of(prefix + "e/k")) || told.contains(Optional.<String>empty()));
            assertThat(watch).isNotNull();
            assertThat(told).doesNotContain(Optional.of(prefix + "e/j"));
        }
    }

    void assumeWatches() {
        Assumptions.assumeTrue(store.guarantees().watches(), "a store that does not watch");
    }
}
