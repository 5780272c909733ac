package io.mandate.keyspace;

import static io.mandate.keyspace.Store.all;
import static io.mandate.keyspace.Store.delete;
import static io.mandate.keyspace.Store.get;
import static io.mandate.keyspace.Store.key;
import static io.mandate.keyspace.Store.put;
import static io.mandate.keyspace.Store.putKeepingLease;
import static io.mandate.keyspace.Store.putKeepingValue;
import static io.mandate.keyspace.Store.range;
import static io.mandate.keyspace.Store.txn;
import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.Compare;
import io.mandate.keyspace.api.KeyRange;
import io.mandate.keyspace.api.RequestRules;
import io.mandate.keyspace.api.RequestRules.Violation;
import io.mandate.keyspace.api.TxnOperation;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class RequestRulesTest {

    @Test
    void everyOperationAndCompareNeedsAKey() {
        assertViolation(put("", "1"), Violation.KEY_NOT_PROVIDED);
        assertViolation(delete(""), Violation.KEY_NOT_PROVIDED);
        assertViolation(get(""), Violation.KEY_NOT_PROVIDED);
        assertViolation(all(all(get(""))), Violation.KEY_NOT_PROVIDED);
        assertViolation(
                txn(
                        List.of(Compare.number(Bytes.EMPTY, Compare.Target.VERSION, Compare.Relation.EQUAL, 0)),
                        List.of(),
                        List.of()),
                Violation.KEY_NOT_PROVIDED);
        assertAllowed(put("a", ""));
    }

    @Test
    void whatIsToBeKeptMustNotBeGiven() {
        assertViolation(
                new TxnOperation.Put(Store.bytes("a"), Store.bytes("1"), 0, false, true, false),
                Violation.VALUE_PROVIDED);
        assertViolation(
                new TxnOperation.Put(Store.bytes("a"), Bytes.EMPTY, 5, false, false, true), Violation.LEASE_PROVIDED);
        assertAllowed(putKeepingValue("a", 5));
        assertAllowed(putKeepingLease("a", "1"));
    }

    @Test
    void nestedTransactionsUseUpTheBudgetOfTheirParent() {
        RequestRules three = new RequestRules(3);
        assertThat(three.check(all(get("a"), get("b"), get("c")))).isEmpty();
        assertThat(three.check(all(get("a"), get("b"), get("c"), get("d")))).contains(Violation.TOO_MANY_OPERATIONS);
        assertThat(three.check(all(all(get("a"), get("b"))))).isEmpty();
        assertThat(three.check(all(all(get("a"), get("b"), get("c"))))).contains(Violation.TOO_MANY_OPERATIONS);
        assertThat(three.check(txn(List.of(), List.of(get("a"), get("b")), List.of(all(get("a"), get("b"))))))
                .contains(Violation.TOO_MANY_OPERATIONS);
        assertThat(RequestRules.DEFAULT.check(txn(List.of(), Collections.nCopies(129, get("a")), List.of())))
                .contains(Violation.TOO_MANY_OPERATIONS);
        assertAllowed(txn(List.of(), Collections.nCopies(128, get("a")), List.of()));
    }

    @Test
    void nestingIsBoundedWhateverTheBudget() {
        TxnOperation.Txn deep = all();
        for (int i = 0; i < RequestRules.TXN_DEPTH_MAX; i++) {
            deep = all(deep);
        }
        assertThat(new RequestRules(100_000).check(deep)).contains(Violation.TOO_MANY_OPERATIONS);
    }

    @Test
    void aKeyMayBePutOnceInABranch() {
        assertViolation(all(put("a", "1"), put("a", "2")), Violation.DUPLICATE_KEY);
        assertViolation(all(put("a", "1"), all(put("a", "2"))), Violation.DUPLICATE_KEY);
        assertViolation(all(all(put("a", "1")), all(put("a", "2"))), Violation.DUPLICATE_KEY);
        assertViolation(txn(List.of(), List.of(), List.of(put("a", "1"), put("a", "2"))), Violation.DUPLICATE_KEY);
        assertAllowed(txn(List.of(), List.of(put("a", "1")), List.of(put("a", "2"))));
        assertAllowed(all(txn(List.of(), List.of(put("a", "1")), List.of(put("a", "2")))));
    }

    @Test
    void aPutInsideADeletedRangeOfItsLevelOrBelowIsADuplicate() {
        assertViolation(all(put("b", "1"), delete(range("a", "c"))), Violation.DUPLICATE_KEY);
        assertViolation(all(delete("b"), put("b", "1")), Violation.DUPLICATE_KEY);
        assertViolation(all(all(put("b", "1")), delete(key("b"))), Violation.DUPLICATE_KEY);
        assertViolation(all(all(delete("b")), put("b", "1")), Violation.DUPLICATE_KEY);
        assertAllowed(all(put("c", "1"), delete(range("a", "c"))));
        assertAllowed(all(delete(range("a", "c")), delete(key("b"))));
    }

    @Test
    void aChildsDeleteStandsAgainstLaterPutsButNotAgainstEarlierOnes() {
        assertViolation(all(all(delete("b")), all(put("b", "1"))), Violation.DUPLICATE_KEY);
        assertAllowed(all(all(put("b", "1")), all(delete("b"))));
    }

    @Test
    void aDeleteFromAKeyOnStandsAgainstNoPut() {
        assertAllowed(all(delete(Store.from("a")), put("b", "1")));
        assertAllowed(all(put("b", "1"), delete(KeyRange.ALL)));
    }

    private static void assertViolation(TxnOperation operation, Violation violation) {
        assertThat(RequestRules.DEFAULT.check(operation)).contains(violation);
    }

    private static void assertAllowed(TxnOperation operation) {
        assertThat(RequestRules.DEFAULT.check(operation)).isEmpty();
    }
}
