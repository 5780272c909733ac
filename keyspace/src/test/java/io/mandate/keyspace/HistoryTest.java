package io.mandate.keyspace;

import static io.mandate.keyspace.Store.all;
import static io.mandate.keyspace.Store.delete;
import static io.mandate.keyspace.Store.key;
import static io.mandate.keyspace.Store.keyValue;
import static io.mandate.keyspace.Store.put;
import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.Command;
import io.mandate.keyspace.api.Event;
import io.mandate.keyspace.api.HashKv;
import io.mandate.keyspace.api.HistoryPage;
import io.mandate.keyspace.api.KeyRange;
import io.mandate.keyspace.api.KeyValue;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.Outcome.Refused.Reason;
import io.mandate.keyspace.index.Version;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HistoryTest {
    private final Store store = new Store();

    @Test
    void historyRepeatsTheLiveEventsExactly() {
        List<Event> live = new ArrayList<>();
        live.addAll(store.must(put("a", "1")).events());
        live.addAll(store.must(all(put("b", "1"), delete("a"))).events());
        live.addAll(store.must(put("a", "2")).events());

        assertThat(store.keyspace.history(0, KeyRange.ALL, 100)).isEqualTo(new HistoryPage.Events(live, 5, 4));
        assertThat(store.keyspace.history(3, KeyRange.ALL, 100))
                .isEqualTo(new HistoryPage.Events(live.subList(1, 4), 5, 4));
    }

    @Test
    void pagesHoldWholeRevisionsAndGoOnWhereTheyEnded() {
        store.must(all(put("a", "1"), put("b", "1"), put("c", "1")));
        store.must(put("a", "2"));

        HistoryPage.Events first = page(2, KeyRange.ALL, 1);
        assertThat(first.events()).hasSize(3);
        assertThat(first.nextRevision()).isEqualTo(3);
        assertThat(first.isCaughtUp()).isFalse();

        HistoryPage.Events second = page(first.nextRevision(), KeyRange.ALL, 1);
        assertThat(second.events()).hasSize(1);
        assertThat(second.isCaughtUp()).isTrue();
        assertThat(second.nextRevision()).isEqualTo(4);
    }

    @Test
    void eventsPassedOverCountAgainstThePageToo() {
        for (int i = 0; i < 10; i++) {
            store.must(put("other", "x"));
        }
        store.must(put("a", "1"));

        HistoryPage.Events first = page(2, key("a"), 5);
        assertThat(first.events()).isEmpty();
        assertThat(first.nextRevision()).isEqualTo(7);
        assertThat(page(7, key("a"), 100).events()).hasSize(1);
    }

    @Test
    void aFutureRevisionIsWaitedFor() {
        assertThat(page(9, KeyRange.ALL, 1)).isEqualTo(new HistoryPage.Events(List.of(), 9, 1));
    }

    /** Only a delete of all keys from one on may be followed by a put of one of them. */
    @Test
    void aKeyDeletedAndMadeAnewByOneTransactionHasNoPreviousState() {
        store.must(put("a", "1"));
        store.must(all(delete(Store.from("a")), put("a", "2")));

        assertThat(store.eventsFrom(3))
                .containsExactly(
                        Store.deleted("a", 3, keyValue("a", "1", 2, 2, 1, 0)),
                        Store.created(keyValue("a", "2", 3, 3, 1, 0)));
    }

    @Test
    void compactionKeepsWhatIsReadableAtItsRevisionAndEventsFromItOn() {
        store.must(put("a", "1"));
        store.must(put("b", "1"));
        store.must(put("a", "2"));
        store.must(delete("b"));
        store.must(put("a", "3"));
        store.must(new Command.Compact(5));

        for (int round = 0; round < 2; round++) {
            assertThat(store.everythingAt(5)).containsExactly(keyValue("a", "2", 2, 4, 2, 0));
            assertThat(store.keyspace.range(Store.get(KeyRange.ALL, 4)))
                    .isEqualTo(new Outcome.Refused(6, Reason.REVISION_COMPACTED));
            assertThat(store.keyspace.history(4, KeyRange.ALL, 9)).isEqualTo(new HistoryPage.Compacted(5));
            assertThat(store.eventsFrom(5))
                    .containsExactly(
                            new Event(Event.Type.DELETE, new KeyValue(Store.bytes("b"), Bytes.EMPTY, 0, 5, 0, 0), null),
                            Store.changed(keyValue("a", "3", 2, 6, 3, 0), keyValue("a", "2", 2, 4, 2, 0)));
            while (store.keyspace.trim(1)) {
                // the second round must look the same when everything superseded is gone
            }
            assertThat(store.keyspace.trimmedRevision()).isEqualTo(5);
        }
    }

    @Test
    void compactionIsRefusedForTheFutureAndForThePast() {
        store.must(put("a", "1"));

        assertThat(store.outcome(new Command.Compact(3))).isEqualTo(new Outcome.Refused(2, Reason.REVISION_IN_FUTURE));
        assertThat(store.outcome(new Command.Compact(2))).isEqualTo(new Outcome.Done(2));
        assertThat(store.outcome(new Command.Compact(2))).isEqualTo(new Outcome.Refused(2, Reason.REVISION_COMPACTED));
        assertThat(store.keyspace.compactedRevision()).isEqualTo(2);
    }

    @Test
    void trimmingTakesBoundedStepsAndFreesEverythingSuperseded() {
        for (int i = 0; i < 10_000; i++) {
            store.must(put("k" + i % 10, "v"));
        }
        store.must(delete(KeyRange.ALL));
        long revision = store.keyspace.revision();
        store.must(put("last", "v"));
        store.must(new Command.Compact(revision + 1));

        int slices = 0;
        while (store.keyspace.trim(100)) {
            slices++;
        }

        assertThat(slices).isBetween(100, 102);
        assertThat(store.keyspace.trimmedRevision()).isEqualTo(revision + 1);
        assertThat(store.keyspace.sizeBytes()).isEqualTo(Version.OVERHEAD_BYTES + 5);
        assertThat(store.keyspace.trim(100)).isFalse();
    }

    @Test
    void keyHashIsOfTheHistoryFromTheCompactionOnWhateverIsTrimmedOfIt() {
        for (int i = 0; i < 6; i++) {
            store.must(put("k" + i % 2, "v" + i));
        }
        HashKv.Hashed atFive = (HashKv.Hashed) store.keyspace.hashKv(5);
        HashKv.Hashed latest = (HashKv.Hashed) store.keyspace.hashKv(0);
        assertThat(latest.hashRevision()).isEqualTo(7);
        assertThat(latest.compactedRevision()).isEqualTo(-1);
        assertThat(latest.hash()).isNotEqualTo(atFive.hash());
        store.must(put("k0", "later"));
        assertThat(((HashKv.Hashed) store.keyspace.hashKv(7)).hash()).isEqualTo(latest.hash());

        store.must(new Command.Compact(5));
        HashKv untrimmed = store.keyspace.hashKv(7);
        assertThat(store.keyspace.trim(2)).isTrue();
        assertThat(store.keyspace.hashKv(7)).isEqualTo(untrimmed);
        assertThat(store.keyspace.trim(100)).isFalse();
        assertThat(store.keyspace.hashKv(7)).isEqualTo(untrimmed);
        assertThat(store.keyspace.hashKv(4)).isEqualTo(new HashKv.Refused(Reason.REVISION_COMPACTED));
        assertThat(store.keyspace.hashKv(9)).isEqualTo(new HashKv.Refused(Reason.REVISION_IN_FUTURE));
    }

    private HistoryPage.Events page(long fromRevision, KeyRange keys, int eventsMax) {
        return (HistoryPage.Events) store.keyspace.history(fromRevision, keys, eventsMax);
    }
}
