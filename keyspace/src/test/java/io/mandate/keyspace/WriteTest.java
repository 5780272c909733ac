package io.mandate.keyspace;

import static io.mandate.keyspace.Store.all;
import static io.mandate.keyspace.Store.changed;
import static io.mandate.keyspace.Store.created;
import static io.mandate.keyspace.Store.delete;
import static io.mandate.keyspace.Store.deleted;
import static io.mandate.keyspace.Store.get;
import static io.mandate.keyspace.Store.key;
import static io.mandate.keyspace.Store.keyValue;
import static io.mandate.keyspace.Store.put;
import static io.mandate.keyspace.Store.putKeepingLease;
import static io.mandate.keyspace.Store.putKeepingValue;
import static io.mandate.keyspace.Store.putShowingPrevious;
import static io.mandate.keyspace.Store.range;
import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.keyspace.api.Applied;
import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.Command;
import io.mandate.keyspace.api.KeyValue;
import io.mandate.keyspace.api.Member;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.Outcome.Refused.Reason;
import io.mandate.keyspace.api.TxnOperation;
import io.mandate.keyspace.index.Version;
import java.util.List;
import org.junit.jupiter.api.Test;

class WriteTest {
    private final Store store = new Store();

    @Test
    void emptyStoreIsAtRevisionOneAndTheFirstWriteMakesTwo() {
        assertThat(store.keyspace.revision()).isEqualTo(1);
        assertThat(store.keyspace.compactedRevision()).isEqualTo(-1);

        Applied applied = store.apply(put("a", "1"));

        assertThat(applied.outcome()).isEqualTo(new Outcome.Written(2, null));
        assertThat(applied.events()).containsExactly(created(keyValue("a", "1", 2, 2, 1, 0)));
        assertThat(store.keyspace.revision()).isEqualTo(2);
    }

    @Test
    void versionCountsPutsAndStartsAgainAfterADelete() {
        store.must(put("a", "1"));
        Applied second = store.must(put("a", "2"));
        Applied delete = store.must(delete("a"));
        Applied third = store.must(put("a", "3"));

        assertThat(second.events())
                .containsExactly(changed(keyValue("a", "2", 2, 3, 2, 0), keyValue("a", "1", 2, 2, 1, 0)));
        assertThat(delete.events()).containsExactly(deleted("a", 4, keyValue("a", "2", 2, 3, 2, 0)));
        assertThat(third.events()).containsExactly(created(keyValue("a", "3", 5, 5, 1, 0)));
    }

    @Test
    void putAnswersThePreviousKeyValueOnlyIfAsked() {
        store.must(put("a", "1"));

        assertThat(store.outcome(put("a", "2"))).isEqualTo(new Outcome.Written(3, null));
        assertThat(store.outcome(putShowingPrevious("a", "3")))
                .isEqualTo(new Outcome.Written(4, keyValue("a", "2", 2, 3, 2, 0)));
        assertThat(store.outcome(putShowingPrevious("b", "1"))).isEqualTo(new Outcome.Written(5, null));
    }

    @Test
    void deleteRemovesTheWholeRangeAtOneRevisionInKeyOrder() {
        store.must(put("c", "3"));
        store.must(put("a", "1"));
        store.must(put("b", "2"));
        store.must(put("d", "4"));

        Applied applied = store.apply(delete(range("a", "d")));

        KeyValue a = keyValue("a", "1", 3, 3, 1, 0);
        KeyValue b = keyValue("b", "2", 4, 4, 1, 0);
        KeyValue c = keyValue("c", "3", 2, 2, 1, 0);
        assertThat(applied.outcome()).isEqualTo(new Outcome.Deleted(6, 3, List.of(a, b, c)));
        assertThat(applied.events()).containsExactly(deleted("a", 6, a), deleted("b", 6, b), deleted("c", 6, c));
    }

    @Test
    void deleteOfNothingDoesNotAdvanceTheRevision() {
        store.must(put("a", "1"));

        Applied applied = store.apply(delete("b"));

        assertThat(applied.outcome()).isEqualTo(new Outcome.Deleted(2, 0, List.of()));
        assertThat(applied.events()).isEmpty();
        assertThat(store.keyspace.revision()).isEqualTo(2);
    }

    @Test
    void putThatKeepsTheValueTakesTheLeaseGiven() {
        store.grant(7);
        store.must(put("a", "1"));

        store.must(putKeepingValue("a", 7));

        assertThat(store.everything()).containsExactly(keyValue("a", "1", 2, 3, 2, 7));
    }

    @Test
    void putThatKeepsTheLeaseStaysAttached() {
        store.grant(7);
        store.must(put("a", "1", 7));

        store.must(putKeepingLease("a", "2"));

        assertThat(store.everything()).containsExactly(keyValue("a", "2", 2, 3, 2, 7));
        assertThat(store.keyspace.keysOf(7)).containsExactly(Store.bytes("a"));
    }

    @Test
    void keepingWhatAnAbsentKeyHasIsRefused() {
        store.must(put("gone", "1"));
        store.must(delete("gone"));

        for (String key : List.of("gone", "never")) {
            assertThat(store.outcome(putKeepingValue(key, 0))).isEqualTo(refused(3, Reason.KEY_NOT_FOUND));
            assertThat(store.outcome(putKeepingLease(key, "1"))).isEqualTo(refused(3, Reason.KEY_NOT_FOUND));
        }
        assertThat(store.keyspace.revision()).isEqualTo(3);
    }

    @Test
    void aMissingLeaseIsFoundBeforeAMissingKeyOutsideTransactionsAndAfterItInside() {
        assertThat(store.outcome(put("a", "1", 9))).isEqualTo(refused(1, Reason.LEASE_NOT_FOUND));
        assertThat(store.outcome(putKeepingValue("a", 9))).isEqualTo(refused(1, Reason.LEASE_NOT_FOUND));
        assertThat(store.outcome(all(putKeepingValue("a", 9)))).isEqualTo(refused(1, Reason.KEY_NOT_FOUND));
        assertThat(store.everything()).isEmpty();
    }

    @Test
    void emptyValuesAndBinaryKeysAreKeptAsTheyAre() {
        Bytes key = Bytes.copyOf((byte) 0xff, (byte) 0, (byte) 0x80);
        store.must(TxnOperation.Put.of(key, Bytes.EMPTY));
        store.must(put("a", "1"));

        assertThat(store.everything())
                .containsExactly(keyValue("a", "1", 3, 3, 1, 0), new KeyValue(key, Bytes.EMPTY, 2, 2, 1, 0));
    }

    @Test
    void sizesFollowWhatIsStored() {
        assertThat(store.keyspace.sizeBytes()).isZero();
        store.must(put("a", "12345"));
        long one = store.keyspace.sizeBytes();
        assertThat(one).isEqualTo(Version.OVERHEAD_BYTES + 6);
        assertThat(store.keyspace.sizeInUseBytes()).isEqualTo(one);

        store.must(put("a", "67890"));
        assertThat(store.keyspace.sizeBytes()).isEqualTo(2 * one);
        assertThat(store.keyspace.sizeInUseBytes()).isEqualTo(one);

        store.must(delete("a"));
        assertThat(store.keyspace.sizeInUseBytes()).isZero();
        store.must(put("b", "1"));
        store.compactAndTrim(5);
        assertThat(store.keyspace.sizeBytes()).isEqualTo(Version.OVERHEAD_BYTES + 2);
        assertThat(store.keyspace.sizeInUseBytes()).isEqualTo(Version.OVERHEAD_BYTES + 2);
    }

    @Test
    void membersAreReplacedByIdAndListedInItsOrder() {
        Member second = new Member(2, "two", List.of("http://p2"), List.of());
        Member first = new Member(1, "one", List.of("http://p1"), List.of("http://c1"));
        Member secondAgain = new Member(2, "two", List.of("http://p2"), List.of("http://c2"));
        for (Member member : List.of(second, first, secondAgain)) {
            assertThat(store.outcome(new Command.PublishMember(member))).isEqualTo(new Outcome.Done(1));
        }

        assertThat(store.keyspace.members()).containsExactly(first, secondAgain);
    }

    @Test
    void appliedIndexAndTermAreThoseOfTheLastEntryEvenIfRefused() {
        store.term(4);
        store.apply(putKeepingValue("a", 0));

        assertThat(store.keyspace.appliedIndex()).isEqualTo(1);
        assertThat(store.keyspace.appliedTerm()).isEqualTo(4);
        assertThat(store.keyspace.range(get("a"))).isEqualTo(new Outcome.Ranged(1, List.of(), 0, false));
        assertThat(store.keyspace.range(get(key("a"), 2))).isEqualTo(refused(1, Reason.REVISION_IN_FUTURE));
    }

    private static Outcome refused(long revision, Reason reason) {
        return new Outcome.Refused(revision, reason);
    }
}
