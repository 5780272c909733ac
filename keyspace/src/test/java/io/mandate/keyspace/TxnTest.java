package io.mandate.keyspace;

import static io.mandate.keyspace.Store.all;
import static io.mandate.keyspace.Store.bytes;
import static io.mandate.keyspace.Store.changed;
import static io.mandate.keyspace.Store.created;
import static io.mandate.keyspace.Store.delete;
import static io.mandate.keyspace.Store.deleted;
import static io.mandate.keyspace.Store.get;
import static io.mandate.keyspace.Store.key;
import static io.mandate.keyspace.Store.keyValue;
import static io.mandate.keyspace.Store.put;
import static io.mandate.keyspace.Store.putKeepingValue;
import static io.mandate.keyspace.Store.range;
import static io.mandate.keyspace.Store.txn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.keyspace.api.Applied;
import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.Compare;
import io.mandate.keyspace.api.Compare.Relation;
import io.mandate.keyspace.api.Compare.Target;
import io.mandate.keyspace.api.Event;
import io.mandate.keyspace.api.HistoryPage;
import io.mandate.keyspace.api.KeyRange;
import io.mandate.keyspace.api.KeyValue;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.Outcome.Refused.Reason;
import io.mandate.keyspace.api.TxnOperation;
import java.util.List;
import org.junit.jupiter.api.Test;

class TxnTest {
    private final Store store = new Store();

    @Test
    void compareAndSwapRunsOneBranch() {
        TxnOperation.Txn create = txn(List.of(absent("a")), List.of(put("a", "mine")), List.of(get("a")));

        Applied first = store.apply(create);
        Applied second = store.apply(create);

        KeyValue mine = keyValue("a", "mine", 2, 2, 1, 0);
        assertThat(first.outcome()).isEqualTo(new Outcome.Decided(2, true, List.of(new Outcome.Written(2, null))));
        assertThat(first.events()).containsExactly(created(mine));
        assertThat(second.outcome())
                .isEqualTo(new Outcome.Decided(2, false, List.of(new Outcome.Ranged(2, List.of(mine), 1, false))));
        assertThat(second.events()).isEmpty();
    }

    @Test
    void everyTargetIsComparedInEveryRelation() {
        store.grant(7);
        store.must(put("other", "1"));
        store.must(put("a", "m", 7));
        store.must(put("a", "m", 7));
        long[] actual = {2, 3, 4, 7};
        Target[] targets = {Target.VERSION, Target.CREATE_REVISION, Target.MOD_REVISION, Target.LEASE};
        for (int i = 0; i < targets.length; i++) {
            for (long delta = -1; delta <= 1; delta++) {
                for (Relation relation : Relation.values()) {
                    Compare compare = Compare.number(bytes("a"), targets[i], relation, actual[i] - delta);
                    assertThat(holds(compare)).as("%s", compare).isEqualTo(expected(relation, delta));
                }
            }
        }
        for (Relation relation : Relation.values()) {
            assertThat(holds(Compare.value(bytes("a"), relation, bytes("l")))).isEqualTo(expected(relation, 1));
            assertThat(holds(Compare.value(bytes("a"), relation, bytes("m")))).isEqualTo(expected(relation, 0));
            assertThat(holds(Compare.value(bytes("a"), relation, bytes("n")))).isEqualTo(expected(relation, -1));
        }
    }

    @Test
    void valuesCompareAsUnsignedBytes() {
        store.must(TxnOperation.Put.of(bytes("a"), Bytes.copyOf((byte) 0x80)));

        assertThat(holds(Compare.value(bytes("a"), Relation.GREATER, Bytes.copyOf((byte) 0x7f))))
                .isTrue();
    }

    @Test
    void anAbsentKeyComparesAsZeroAndItsValueNever() {
        for (Target target : List.of(Target.VERSION, Target.CREATE_REVISION, Target.MOD_REVISION, Target.LEASE)) {
            assertThat(holds(Compare.number(bytes("a"), target, Relation.EQUAL, 0)))
                    .isTrue();
            assertThat(holds(Compare.number(bytes("a"), target, Relation.LESS, 1)))
                    .isTrue();
            assertThat(holds(Compare.number(bytes("a"), target, Relation.GREATER, 0)))
                    .isFalse();
        }
        for (Relation relation : Relation.values()) {
            assertThat(holds(Compare.value(bytes("a"), relation, Bytes.EMPTY))).isFalse();
        }
    }

    @Test
    void aRangeCompareHoldsIfItHoldsForEveryKeyAndAnEmptyRangeIsAnAbsentKey() {
        store.must(put("a1", "1"));
        store.must(put("a2", "2"));
        KeyRange both = range("a", "b");

        assertThat(holds(new Compare(both, Target.VERSION, Relation.EQUAL, 1, Bytes.EMPTY)))
                .isTrue();
        assertThat(holds(new Compare(both, Target.MOD_REVISION, Relation.GREATER, 2, Bytes.EMPTY)))
                .isFalse();
        assertThat(holds(new Compare(both, Target.VALUE, Relation.GREATER, 0, bytes("0"))))
                .isTrue();
        assertThat(holds(new Compare(range("x", "y"), Target.VERSION, Relation.EQUAL, 0, Bytes.EMPTY)))
                .isTrue();
        assertThat(holds(new Compare(range("x", "y"), Target.VALUE, Relation.NOT_EQUAL, 0, bytes("0"))))
                .isFalse();
    }

    @Test
    void nestedComparesSeeTheStateBeforeTheTransaction() {
        Outcome outcome = store.outcome(
                all(put("a", "1"), txn(List.of(absent("a")), List.of(put("b", "then")), List.of(put("b", "else")))));

        assertThat(outcome)
                .isEqualTo(new Outcome.Decided(
                        2,
                        true,
                        List.of(
                                new Outcome.Written(2, null),
                                new Outcome.Decided(2, true, List.of(new Outcome.Written(2, null))))));
        assertThat(store.everything()).extracting(KeyValue::value).containsExactly(bytes("1"), bytes("then"));
    }

    @Test
    void readsInsideSeeEarlierWritesOfTheTransactionAndCarryTheRevisionOfTheMoment() {
        store.must(put("a", "1"));

        Outcome outcome =
                store.outcome(all(get("a"), put("b", "2"), get("b"), delete("a"), get("a"), get(key("a"), 2)));

        KeyValue a = keyValue("a", "1", 2, 2, 1, 0);
        KeyValue b = keyValue("b", "2", 3, 3, 1, 0);
        assertThat(outcome)
                .isEqualTo(new Outcome.Decided(
                        3,
                        true,
                        List.of(
                                new Outcome.Ranged(2, List.of(a), 1, false),
                                new Outcome.Written(3, null),
                                new Outcome.Ranged(3, List.of(b), 1, false),
                                new Outcome.Deleted(3, 1, List.of()),
                                new Outcome.Ranged(3, List.of(), 0, false),
                                new Outcome.Ranged(3, List.of(a), 1, false))));
    }

    @Test
    void aTransactionThatChangesNothingDoesNotAdvanceTheRevision() {
        store.must(put("a", "1"));

        assertThat(store.outcome(all())).isEqualTo(new Outcome.Decided(2, true, List.of()));
        assertThat(store.outcome(all(delete("x"))))
                .isEqualTo(new Outcome.Decided(2, true, List.of(new Outcome.Deleted(2, 0, List.of()))));
        assertThat(store.keyspace.revision()).isEqualTo(2);
    }

    @Test
    void aRefusalInTheTakenBranchLeavesNoTrace() {
        store.grant(7);
        store.must(put("a", "1"));
        store.compactAndTrim(2);
        List<KeyValue> before = store.everything();
        long sizeBytes = store.keyspace.sizeBytes();

        assertRefused(all(put("b", "1", 7), put("c", "1", 99)), Reason.LEASE_NOT_FOUND);
        assertRefused(all(put("b", "1"), all(put("c", "1", 99))), Reason.LEASE_NOT_FOUND);
        assertRefused(all(put("b", "1"), get(key("a"), 3)), Reason.REVISION_IN_FUTURE);
        assertRefused(all(put("b", "1"), get(key("a"), 1)), Reason.REVISION_COMPACTED);
        assertRefused(all(put("b", "1"), putKeepingValue("c", 0)), Reason.KEY_NOT_FOUND);
        assertRefused(all(get(key("a"), 9), put("c", "1", 99)), Reason.LEASE_NOT_FOUND);

        assertThat(store.everything()).isEqualTo(before);
        assertThat(store.keyspace.sizeBytes()).isEqualTo(sizeBytes);
        assertThat(store.keyspace.revision()).isEqualTo(2);
        assertThat(store.keyspace.keysOf(7)).isEmpty();
        assertThat(store.eventsFrom(3)).isEmpty();
    }

    @Test
    void aRefusalMetOnlyInTheRunIsUndone() {
        store.grant(7);
        store.must(put("a", "1", 7));
        store.must(put("b", "1"));
        List<KeyValue> before = store.everything();

        // Passes RequestRules: a delete "from the key on" is not held against puts.
        assertRefused(
                all(put("0", "new"), delete(Store.from("a")), put("b", "2"), putKeepingValue("a", 0)),
                Reason.KEY_NOT_FOUND);

        assertThat(store.everything()).isEqualTo(before);
        assertThat(store.keyspace.keysOf(7)).containsExactly(bytes("a"));
        assertThat(store.keyspace.history(4, KeyRange.ALL, 10)).isEqualTo(new HistoryPage.Events(List.of(), 4, 3));
        assertThat(store.must(put("c", "3")).events()).containsExactly(created(keyValue("c", "3", 4, 4, 1, 0)));
    }

    @Test
    void theBranchNotTakenIsNotHeldAgainstTheTransaction() {
        assertThat(store.outcome(txn(List.of(absent("a")), List.of(), List.of(put("b", "1", 99)))))
                .isEqualTo(new Outcome.Decided(1, true, List.of()));
    }

    @Test
    void oneKeyMayChangeTwiceInOneRevisionAndBothEventsAreKept() {
        KeyValue before = keyValue("a", "1", 2, 2, 1, 0);
        KeyValue between = keyValue("a", "2", 2, 3, 2, 0);
        store.must(put("a", "1"));

        Applied applied = store.apply(all(all(put("a", "2")), all(delete(key("a")))));

        assertThat(applied.outcome())
                .isEqualTo(new Outcome.Decided(
                        3,
                        true,
                        List.of(
                                new Outcome.Decided(3, true, List.of(new Outcome.Written(3, null))),
                                new Outcome.Decided(3, true, List.of(new Outcome.Deleted(3, 1, List.of(between)))))));
        // Both say what was there before the revision, as etcd's watch does.
        assertThat(applied.events()).containsExactly(changed(between, before), deleted("a", 3, before));
        assertThat(store.eventsFrom(3)).isEqualTo(applied.events());
        assertThat(store.everything()).isEmpty();
        assertThat(store.everythingAt(2)).containsExactly(before);
    }

    @Test
    void deleteFromAKeyOnThenPutMakesTheKeyAnew() {
        store.must(put("a", "1"));
        store.must(put("b", "1"));

        Applied applied = store.apply(all(delete(Store.from("a")), put("b", "2")));

        assertThat(store.everything()).containsExactly(keyValue("b", "2", 4, 4, 1, 0));
        assertThat(applied.events()).hasSize(3);
        assertThat(applied.events()).extracting(Event::revision).containsOnly(4L);
    }

    @Test
    void aReadOnlyTransactionIsAnsweredFromOneRevision() {
        store.must(put("a", "1"));
        KeyValue a = keyValue("a", "1", 2, 2, 1, 0);
        TxnOperation.Txn read = txn(List.of(absent("a")), List.of(), List.of(get("a"), all(get("b"))));

        assertThat(store.keyspace.read(read))
                .isEqualTo(new Outcome.Decided(
                        2,
                        false,
                        List.of(
                                new Outcome.Ranged(2, List.of(a), 1, false),
                                new Outcome.Decided(2, true, List.of(new Outcome.Ranged(2, List.of(), 0, false))))));
        assertThat(store.keyspace.read(all(get(key("a"), 3))))
                .isEqualTo(new Outcome.Refused(2, Reason.REVISION_IN_FUTURE));
        assertThatThrownBy(() -> store.keyspace.read(all(all(put("a", "1")))))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void insideATransactionANegativeRevisionIsOlderThanAnyCompaction() {
        assertThat(store.outcome(all(put("a", "1"), get(key("a"), -1)))).isInstanceOf(Outcome.Decided.class);
        assertRefused(all(get(key("a"), -5)), Reason.REVISION_COMPACTED);
        assertThat(store.keyspace.read(all(get(key("a"), -5))))
                .isEqualTo(new Outcome.Refused(2, Reason.REVISION_COMPACTED));
        assertThat(store.keyspace.range(get(key("a"), -5))).isInstanceOf(Outcome.Ranged.class);
    }

    private static Compare absent(String key) {
        return Compare.number(bytes(key), Target.CREATE_REVISION, Relation.EQUAL, 0);
    }

    private boolean holds(Compare compare) {
        return ((Outcome.Decided) store.keyspace.read(txn(List.of(compare), List.of(), List.of()))).succeeded();
    }

    private static boolean expected(Relation relation, long sign) {
        return switch (relation) {
            case EQUAL -> sign == 0;
            case NOT_EQUAL -> sign != 0;
            case GREATER -> sign > 0;
            case LESS -> sign < 0;
        };
    }

    private void assertRefused(TxnOperation.Txn txn, Reason reason) {
        Applied applied = store.apply(txn);
        assertThat(applied.outcome()).isEqualTo(new Outcome.Refused(store.keyspace.revision(), reason));
        assertThat(applied.events()).isEmpty();
    }
}
