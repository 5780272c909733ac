package io.mandate.keyspace;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.Command;
import io.mandate.keyspace.api.Compare;
import io.mandate.keyspace.api.KeyRange;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.Request;
import io.mandate.keyspace.api.TxnOperation;
import io.mandate.keyspace.codec.RequestCodec;
import io.mandate.keyspace.snapshot.KeyspaceSnapshot;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Figures for docs/decisions/002, printed. What is asserted holds on any machine; times are only printed. */
@Tag("long")
class MeasurementTest {
    private static final int MILLION = 1_000_000;

    @Test
    void bytesPerKeyAndLease() {
        Store store = new Store();
        long empty = usedHeap();
        Bytes value = Bytes.owning(new byte[0]);
        for (int i = 0; i < MILLION; i++) {
            store.must(TxnOperation.Put.of(key(i), Bytes.owning(new byte[100])));
        }
        long keys = usedHeap();
        for (int i = 0; i < MILLION; i++) {
            store.must(new Command.LeaseGrant(leaseId(i), 10_000));
        }
        long leases = usedHeap();
        for (int i = 0; i < MILLION; i++) {
            store.must(new TxnOperation.Put(key(i), value, leaseId(i), false, true, false));
        }
        store.must(new Command.Compact(store.keyspace.revision()));
        while (store.keyspace.trim(10_000)) {
            // all of it
        }
        long attached = usedHeap();
        print("heap_per_key bytes=%d key=16 value=100", (keys - empty) / MILLION);
        print("heap_per_lease bytes=%d", (leases - keys) / MILLION);
        print(
                "heap_per_leased_rewritten_key bytes=%d (grows by %d)",
                (attached - empty) / MILLION, (attached - leases) / MILLION);

        long start = System.nanoTime();
        KeyspaceSnapshot snapshot = store.keyspace.capture();
        print("capture_with_1e6_leases micros=%d", (System.nanoTime() - start) / 1000);
        snapshot.close();
        long slowest = 0;
        long expireStart = System.nanoTime();
        for (int i = 0; i < MILLION; i += 100) {
            List<Command.Expiry> expiries = new ArrayList<>();
            for (int j = i; j < i + 100; j++) {
                expiries.add(new Command.Expiry(leaseId(j), j + 1L));
            }
            long one = System.nanoTime();
            store.must(new Command.LeaseExpire(1, expiries));
            slowest = Math.max(slowest, System.nanoTime() - one);
        }
        print(
                "expiry_of_1e6_leases_with_a_key millis=%d slowest_batch_of_100_micros=%d",
                (System.nanoTime() - expireStart) / MILLION, slowest / 1000);
        assertThat(store.keyspace.leases()).isEmpty();
        assertThat(store.everything()).isEmpty();
    }

    @Test
    void appliesAndRanges() {
        Store store = new Store();
        long[] modRevisions = new long[100_000];
        for (int i = 0; i < modRevisions.length; i++) {
            modRevisions[i] = store.must(TxnOperation.Put.of(key(i), Bytes.owning(new byte[100])))
                    .outcome()
                    .revision();
        }
        Random random = new Random(1);
        for (int round = 0; round < 3; round++) {
            int count = 500_000;
            long start = System.nanoTime();
            for (int i = 0; i < count; i++) {
                int key = random.nextInt(modRevisions.length);
                TxnOperation.Txn swap = new TxnOperation.Txn(
                        List.of(Compare.number(
                                key(key), Compare.Target.MOD_REVISION, Compare.Relation.EQUAL, modRevisions[key])),
                        List.of(TxnOperation.Put.of(key(key), Bytes.owning(new byte[100]))),
                        List.of());
                modRevisions[key] = store.must(swap).outcome().revision();
            }
            print("cas_applies_per_second=%d", count * 1_000_000_000L / (System.nanoTime() - start));
            store.must(new Command.Compact(store.keyspace.revision()));
            long trimStart = System.nanoTime();
            while (store.keyspace.trim(10_000)) {
                // all of it
            }
            print("trim_nanos_per_entry=%d", (System.nanoTime() - trimStart) / count);
        }
        codec(modRevisions);
        for (int i = modRevisions.length; i < MILLION; i++) {
            store.must(TxnOperation.Put.of(key(i), Bytes.owning(new byte[100])));
        }
        for (int size : new int[] {1, 100, 1000, MILLION}) {
            int reads = Math.max(5, 2_000_000 / size / 10);
            KeyRange keys = size == 1 ? KeyRange.single(key(5)) : new KeyRange(key(0), key(size));
            for (int round = 0; round < 3; round++) {
                long start = System.nanoTime();
                long found = 0;
                for (int i = 0; i < reads; i++) {
                    found += ((Outcome.Ranged) store.keyspace.range(Store.get(keys, 0))).count();
                }
                long nanos = System.nanoTime() - start;
                assertThat(found).isEqualTo((long) reads * size);
                if (round == 2) {
                    print("range of=%d out_of=%d micros=%.1f", size, MILLION, nanos / 1000.0 / reads);
                }
            }
        }
        TxnOperation.Range count = new TxnOperation.Range(
                KeyRange.ALL,
                0,
                0,
                TxnOperation.Range.SortOrder.NONE,
                TxnOperation.Range.SortTarget.KEY,
                false,
                true,
                0,
                0,
                0,
                0);
        for (int round = 0; round < 5; round++) {
            long start = System.nanoTime();
            assertThat(((Outcome.Ranged) store.keyspace.range(count)).count()).isEqualTo(MILLION);
            print("count of=%d millis=%d", MILLION, (System.nanoTime() - start) / MILLION);
        }
    }

    private static void codec(long[] modRevisions) {
        Request request = new Request(
                new TxnOperation.Txn(
                        List.of(Compare.number(
                                key(7), Compare.Target.MOD_REVISION, Compare.Relation.EQUAL, modRevisions[7])),
                        List.of(TxnOperation.Put.of(key(7), Bytes.owning(new byte[100]))),
                        List.of()),
                new Request.RequestId(leaseId(7), 7));
        for (int round = 0; round < 3; round++) {
            long start = System.nanoTime();
            ByteBuffer buffer = ByteBuffer.allocate(RequestCodec.size(request));
            for (int i = 0; i < MILLION; i++) {
                buffer.clear();
                assertThat(RequestCodec.size(request) == buffer.capacity()).isTrue();
                RequestCodec.write(request, buffer);
                RequestCodec.read(buffer.flip());
            }
            print("codec_size_write_read_nanos=%d", (System.nanoTime() - start) / MILLION);
        }
    }

    /**
     * The writer goes on during a snapshot; how long its slowest command took, garbage collection included. A gigabyte
     * takes {@code -Dmandate.measure.keys=900000} and 6 GB of heap.
     */
    @Test
    void snapshotBesideTheWriter() throws Exception {
        Store store = new Store();
        int keys = Integer.getInteger("mandate.measure.keys", 300_000);
        for (int i = 0; i < keys; i++) {
            store.must(TxnOperation.Put.of(key(i), Bytes.owning(new byte[1024])));
        }
        for (int i = 0; i < 100_000; i++) {
            store.must(new Command.LeaseGrant(leaseId(i), 10_000));
        }
        CompletableFuture<long[]> sent = new CompletableFuture<>();
        long captureStart = System.nanoTime();
        KeyspaceSnapshot snapshot = store.keyspace.capture();
        long captureNanos = System.nanoTime() - captureStart;
        Thread sender = new Thread(() -> sent.complete(send(snapshot)));
        sender.start();
        Random random = new Random(1);
        long slowest = 0;
        long over1Millis = 0;
        long applies = 0;
        // Paced, so that the figure is of single commands and not of a writer that fills the heap as fast as it can.
        while (!sent.isDone()) {
            TxnOperation.Put put = TxnOperation.Put.of(key(random.nextInt(keys)), Bytes.owning(new byte[100]));
            long start = System.nanoTime();
            store.must(put);
            long nanos = System.nanoTime() - start;
            slowest = Math.max(slowest, nanos);
            over1Millis += nanos > MILLION ? 1 : 0;
            applies++;
            if (applies % 16 == 0) {
                LockSupport.parkNanos(100_000);
            }
        }
        long[] result = sent.get();
        print(
                "snapshot bytes=%d mb_per_second=%d capture_micros=%d applies_meanwhile=%d "
                        + "slowest_apply_micros=%d over_1_milli=%d",
                result[0], result[0] * 1000 / result[1], captureNanos / 1000, applies, slowest / 1000, over1Millis);
        assertThat(result[0]).isGreaterThan(keys * 1024L);
    }

    private static long[] send(KeyspaceSnapshot snapshot) {
        long start = System.nanoTime();
        long bytes = 0;
        for (byte[] chunk = snapshot.nextChunk().orElse(null);
                chunk != null;
                chunk = snapshot.nextChunk().orElse(null)) {
            bytes += chunk.length;
        }
        snapshot.close();
        return new long[] {bytes, System.nanoTime() - start};
    }

    private static long usedHeap() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    private static Bytes key(int i) {
        return Bytes.utf8(String.format(Locale.ROOT, "/key/%011d", i));
    }

    private static long leaseId(int i) {
        return 0x7000_0000_0000_0000L + i * 7919L;
    }

    private static void print(String format, Object... values) {
        System.out.println("MEASURED " + String.format(Locale.ROOT, format, values));
    }
}
