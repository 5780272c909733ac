package io.mandate.keyspace;

import static io.mandate.keyspace.Store.bytes;
import static io.mandate.keyspace.Store.delete;
import static io.mandate.keyspace.Store.key;
import static io.mandate.keyspace.Store.put;
import static io.mandate.keyspace.Store.range;
import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.keyspace.api.KeyRange;
import io.mandate.keyspace.api.KeyValue;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.TxnOperation.Range;
import io.mandate.keyspace.api.TxnOperation.Range.SortOrder;
import io.mandate.keyspace.api.TxnOperation.Range.SortTarget;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RangeTest {
    private final Store store = new Store();

    /** Revisions 2 to 7; a and c are put twice. */
    @BeforeEach
    void fill() {
        store.must(put("a", "9"));
        store.must(put("b", "8"));
        store.must(put("c", "7"));
        store.must(put("d", "6"));
        store.must(put("a", "5"));
        store.must(put("c", "8"));
    }

    @Test
    void rangesAreHalfOpenAndMayBeOpenEnded() {
        assertThat(keys(Range.latest(range("b", "d")))).containsExactly("b", "c");
        assertThat(keys(Range.latest(Store.from("c")))).containsExactly("c", "d");
        assertThat(keys(Range.latest(KeyRange.ALL))).containsExactly("a", "b", "c", "d");
        assertThat(keys(Range.latest(key("b")))).containsExactly("b");
        assertThat(keys(Range.latest(range("d", "b")))).isEmpty();
        assertThat(keys(Range.latest(range("b", "b")))).isEmpty();
    }

    @Test
    void olderRevisionsAreReadableAndTheAnswerCarriesTheLatest() {
        store.must(delete("b"));

        Outcome.Ranged old = ranged(Store.get(KeyRange.ALL, 3));

        assertThat(old.revision()).isEqualTo(8);
        assertThat(old.keyValues())
                .containsExactly(Store.keyValue("a", "9", 2, 2, 1, 0), Store.keyValue("b", "8", 3, 3, 1, 0));
        assertThat(keys(Store.get(KeyRange.ALL, 8))).containsExactly("a", "c", "d");
        assertThat(keys(Store.get(KeyRange.ALL, 7))).containsExactly("a", "b", "c", "d");
    }

    @Test
    void limitCutsAndSaysSoWhileTheCountIsWhole() {
        Outcome.Ranged cut = ranged(with(2, SortOrder.NONE, SortTarget.KEY));
        assertThat(cut.keyValues()).extracting(KeyValue::key).containsExactly(bytes("a"), bytes("b"));
        assertThat(cut.more()).isTrue();
        assertThat(cut.count()).isEqualTo(4);

        Outcome.Ranged whole = ranged(with(4, SortOrder.NONE, SortTarget.KEY));
        assertThat(whole.keyValues()).hasSize(4);
        assertThat(whole.more()).isFalse();
        assertThat(keys(with(-1, SortOrder.NONE, SortTarget.KEY))).hasSize(4);
        assertThat(keys(with(Long.MAX_VALUE, SortOrder.DESCENDING, SortTarget.VALUE)))
                .hasSize(4);
    }

    @Test
    void sortsByEveryFieldAndKeepsEqualOnesInKeyOrder() {
        assertThat(keys(with(0, SortOrder.DESCENDING, SortTarget.KEY))).containsExactly("d", "c", "b", "a");
        assertThat(keys(with(0, SortOrder.ASCENDING, SortTarget.KEY))).containsExactly("a", "b", "c", "d");
        assertThat(keys(with(0, SortOrder.ASCENDING, SortTarget.VALUE))).containsExactly("a", "d", "b", "c");
        assertThat(keys(with(0, SortOrder.DESCENDING, SortTarget.VALUE))).containsExactly("b", "c", "d", "a");
        assertThat(keys(with(0, SortOrder.ASCENDING, SortTarget.VERSION))).containsExactly("b", "d", "a", "c");
        assertThat(keys(with(0, SortOrder.DESCENDING, SortTarget.CREATE_REVISION)))
                .containsExactly("d", "c", "b", "a");
        assertThat(keys(with(0, SortOrder.ASCENDING, SortTarget.MOD_REVISION))).containsExactly("b", "d", "a", "c");
    }

    @Test
    void anOrderIsAppliedBeforeTheLimitButWithoutOneTheLimitCutsFirst() {
        assertThat(keys(with(2, SortOrder.DESCENDING, SortTarget.KEY))).containsExactly("d", "c");
        assertThat(keys(with(2, SortOrder.ASCENDING, SortTarget.VALUE))).containsExactly("a", "d");
        // etcd sorts the first limit + 1 keys: a=5 b=8 c=8.
        assertThat(keys(with(2, SortOrder.NONE, SortTarget.VALUE))).containsExactly("a", "b");
        assertThat(keys(with(2, SortOrder.NONE, SortTarget.MOD_REVISION))).containsExactly("b", "a");
        assertThat(keys(with(0, SortOrder.NONE, SortTarget.MOD_REVISION))).containsExactly("b", "d", "a", "c");
    }

    @Test
    void filtersBoundRevisionsInclusivelyAndLeaveTheCountAlone() {
        assertThat(keys(filtered(0, 5, 0, 0, 0))).containsExactly("a", "c", "d");
        assertThat(keys(filtered(0, 0, 5, 0, 0))).containsExactly("b", "d");
        assertThat(keys(filtered(0, 0, 0, 3, 0))).containsExactly("b", "c", "d");
        assertThat(keys(filtered(0, 0, 0, 0, 3))).containsExactly("a", "b");
        assertThat(keys(filtered(0, 0, -1, 0, 0))).isEmpty();

        Outcome.Ranged cut = ranged(filtered(1, 0, 0, 3, 0));
        assertThat(cut.count()).isEqualTo(4);
        assertThat(cut.more()).isTrue();
        assertThat(cut.keyValues()).extracting(KeyValue::key).containsExactly(bytes("b"));
    }

    @Test
    void keysOnlyBlanksTheValueAndCountOnlyEverything() {
        Range keysOnly = new Range(key("a"), 0, 0, SortOrder.NONE, SortTarget.KEY, true, false, 0, 0, 0, 0);
        assertThat(ranged(keysOnly).keyValues()).containsExactly(Store.keyValue("a", "", 2, 6, 2, 0));

        Range countOnly = new Range(KeyRange.ALL, 0, 1, SortOrder.NONE, SortTarget.KEY, false, true, 0, 0, 0, 0);
        assertThat(ranged(countOnly)).isEqualTo(new Outcome.Ranged(7, List.of(), 4, false));
    }

    private static Range with(long limit, SortOrder order, SortTarget target) {
        return new Range(KeyRange.ALL, 0, limit, order, target, false, false, 0, 0, 0, 0);
    }

    private static Range filtered(long limit, long minMod, long maxMod, long minCreate, long maxCreate) {
        return new Range(
                KeyRange.ALL,
                0,
                limit,
                SortOrder.NONE,
                SortTarget.KEY,
                false,
                false,
                minMod,
                maxMod,
                minCreate,
                maxCreate);
    }

    private Outcome.Ranged ranged(Range range) {
        return (Outcome.Ranged) store.keyspace.range(range);
    }

    private List<String> keys(Range range) {
        return ranged(range).keyValues().stream().map(kv -> kv.key().toString()).toList();
    }
}
