package io.mandate.keyspace;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.keyspace.api.Command;
import io.mandate.keyspace.api.Event;
import io.mandate.keyspace.api.HistoryPage;
import io.mandate.keyspace.api.KeyRange;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.TxnOperation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/**
 * Transactions move an amount from one account to another and delete or make accounts anew on the way, compactions
 * follow at the heels of the latest revision and everything is trimmed at once; no reader may ever see money appear or
 * vanish.
 */
class ReadersBesideWriterTest {
    private static final int ACCOUNTS = 40;
    private static final int TRANSFERS = 30_000;
    private static final long TOTAL = 1000L * ACCOUNTS;

    @Test
    void everyReadSeesOneRevisionWhileTheWriterWritesAndTrims() throws Exception {
        Store store = new Store();
        List<TxnOperation> opening = new ArrayList<>();
        for (int i = 0; i < ACCOUNTS; i++) {
            opening.add(put(i, 1000));
        }
        store.must(new TxnOperation.Txn(List.of(), opening, List.of()));
        AtomicBoolean writing = new AtomicBoolean(true);
        ExecutorService readers = Executors.newFixedThreadPool(3);
        try {
            Future<Integer> latest = readers.submit(() -> readLatest(store.keyspace, writing));
            Future<Integer> historical = readers.submit(() -> readBack(store.keyspace, writing));
            Future<Integer> watched = readers.submit(() -> follow(store.keyspace, writing));
            transfer(store);
            writing.set(false);
            assertThat(latest.get(60, TimeUnit.SECONDS)).isPositive();
            assertThat(historical.get(60, TimeUnit.SECONDS)).isPositive();
            assertThat(watched.get(60, TimeUnit.SECONDS)).isPositive();
        } finally {
            writing.set(false);
            readers.shutdownNow();
        }
    }

    private static void transfer(Store store) {
        Random random = new Random(7);
        long[] balance = new long[ACCOUNTS];
        Arrays.fill(balance, 1000);
        for (int i = 0; i < TRANSFERS; i++) {
            int from = random.nextInt(ACCOUNTS);
            int to = (from + 1 + random.nextInt(ACCOUNTS - 1)) % ACCOUNTS;
            // A third of the transfers empty the account, which deletes its key.
            long amount = random.nextInt(3) == 0 ? balance[from] : random.nextInt((int) balance[from] + 1);
            balance[from] -= amount;
            balance[to] += amount;
            store.must(Store.all(
                    balance[from] == 0 ? Store.delete(name(from)) : put(from, balance[from]), put(to, balance[to])));
            if (i % 2 == 0 && store.keyspace.compactedRevision() < store.keyspace.revision() - 1) {
                store.must(new Command.Compact(store.keyspace.revision() - random.nextInt(2)));
            }
            store.keyspace.trim(1 + random.nextInt(8));
        }
    }

    private static int readLatest(Keyspace keyspace, AtomicBoolean writing) {
        TxnOperation.Txn twice = Store.all(Store.get(KeyRange.ALL, 0), Store.get(KeyRange.ALL, 0));
        int reads = 0;
        while (writing.get() || reads == 0) {
            Outcome.Ranged ranged = (Outcome.Ranged) keyspace.range(Store.get(KeyRange.ALL, 0));
            assertThat(sum(ranged)).as("at %d", ranged.revision()).isEqualTo(TOTAL);
            assertThat(ranged.keyValues()).allMatch(kv -> kv.modRevision() <= ranged.revision());
            Outcome.Decided both = (Outcome.Decided) keyspace.read(twice);
            assertThat(both.answers().get(0)).isEqualTo(both.answers().get(1));
            reads++;
        }
        return reads;
    }

    private static int readBack(Keyspace keyspace, AtomicBoolean writing) {
        int reads = 0;
        while (writing.get() || reads == 0) {
            long revision = Math.max(2, keyspace.revision() - reads % 3);
            if (keyspace.range(Store.get(KeyRange.ALL, revision)) instanceof Outcome.Ranged ranged) {
                assertThat(sum(ranged)).as("at %d", revision).isEqualTo(TOTAL);
                reads++;
            }
        }
        return reads;
    }

    /** Follows the history as a watch does; where compaction overtakes it, it starts again. */
    private static int follow(Keyspace keyspace, AtomicBoolean writing) {
        int pages = 0;
        long next = 2;
        while (writing.get() || pages == 0) {
            HistoryPage page = keyspace.history(next, KeyRange.ALL, 20);
            if (page instanceof HistoryPage.Compacted compacted) {
                assertThat(compacted.compactedRevision()).isGreaterThan(next);
                next = compacted.compactedRevision();
                continue;
            }
            HistoryPage.Events events = (HistoryPage.Events) page;
            long expected = next;
            int ofRevision = 0;
            for (Event event : events.events()) {
                if (event.revision() != expected) {
                    assertThat(event.revision()).isEqualTo(expected + 1);
                    assertThat(ofRevision).as("changes of %d", expected).isGreaterThanOrEqualTo(1);
                    expected = event.revision();
                    ofRevision = 0;
                }
                ofRevision++;
            }
            if (!events.events().isEmpty()) {
                assertThat(events.nextRevision()).isEqualTo(expected + 1);
                pages++;
            }
            next = events.nextRevision();
        }
        return pages;
    }

    private static long sum(Outcome.Ranged ranged) {
        return ranged.keyValues().stream()
                .mapToLong(kv -> Long.parseLong(kv.value().toString()))
                .sum();
    }

    private static TxnOperation.Put put(int account, long balance) {
        return Store.put(name(account), Long.toString(balance));
    }

    private static String name(int account) {
        return "account" + account;
    }
}
