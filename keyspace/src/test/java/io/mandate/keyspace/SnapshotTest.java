package io.mandate.keyspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.keyspace.api.Alarm;
import io.mandate.keyspace.api.Applied;
import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.Command;
import io.mandate.keyspace.api.Event;
import io.mandate.keyspace.api.KeyValue;
import io.mandate.keyspace.api.KeyspaceLimits;
import io.mandate.keyspace.api.Lease;
import io.mandate.keyspace.api.MalformedDataException;
import io.mandate.keyspace.api.Member;
import io.mandate.keyspace.api.Request;
import io.mandate.keyspace.api.TxnOperation;
import io.mandate.keyspace.snapshot.KeyspaceSnapshot;
import io.mandate.keyspace.snapshot.KeyspaceSnapshotReader;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SnapshotTest {
    private static final KeyspaceLimits LIMITS = new KeyspaceLimits(3, 400);

    private static final String GOLDEN =
            "4d4e4454534e4150000000010000009e6aead708000000070116020c0802020000001a0202066f6e650210687474703a"
                    + "2f2f700210687474703a2f2f630000000303060000000005040ed00f0200000003050e0000000012060e0202040a0a61"
                    + "6761696e0232060804000000000d0700086261736504023100020e0000000e08000a616761696e080232020400000000"
                    + "0e08000a616761696e0a02330406000000000908010a616761696e0c000000020914";

    /** S4: the same log gives the same state, live, trimmed or not, and through a snapshot at any index. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void theSameLogGivesTheSameStateLiveAndThroughASnapshotAtAnyIndex(long seed) {
        Random random = new Random(seed);
        RandomRequests requests = new RandomRequests(random);
        Store live = new Store(LIMITS);
        Store untrimmed = new Store(LIMITS);
        List<Store> restored = new ArrayList<>();
        for (int i = 0; i < 600; i++) {
            Request request = requests.next(live.keyspace.revision());
            Applied applied = live.apply(request);
            assertThat(untrimmed.apply(request)).isEqualTo(applied);
            for (Store store : restored) {
                assertThat(store.apply(request))
                        .as("seed %d, request %d", seed, i)
                        .isEqualTo(applied);
            }
            live.keyspace.trim(random.nextInt(3));
            if (i % 25 == 0) {
                Store copy = new Store(restore(bytes(live.keyspace)));
                assertSame(copy, live);
                restored.add(copy);
            }
        }
        assertSame(untrimmed, live);
        for (Store store : restored) {
            assertSame(store, live);
            store.keyspace.trim(Integer.MAX_VALUE);
            assertSame(store, live);
        }
    }

    @Test
    void everySortOfDifferenceChangesTheContentHash() {
        List<Command> commands = List.of(
                Store.put("a", "1"),
                Store.put("a", "1"),
                Store.delete("a"),
                new Command.Compact(3),
                new Command.LeaseGrant(5, 10),
                new Command.LeaseGrant(6, 11),
                Store.put("b", "1", 5),
                new Command.LeaseRevoke(5),
                new Command.SetAlarm(new Alarm(1, Alarm.Kind.NO_SPACE), true),
                new Command.PublishMember(new Member(1, "m", List.of(), List.of())));
        Store store = new Store();
        List<Long> hashes = new ArrayList<>(List.of(hash(store.keyspace)));
        for (Command command : commands) {
            store.must(command);
            hashes.add(hash(store.keyspace));
        }
        store.apply(new Request(Store.delete("x"), new Request.RequestId(6, 1)));
        hashes.add(hash(store.keyspace));

        assertThat(hashes).doesNotHaveDuplicates();
    }

    @Test
    void aSnapshotIsOfTheMomentItWasCapturedWhateverHappensWhileItIsSent() {
        Store store = new Store();
        store.grant(7);
        for (int i = 0; i < 3_000; i++) {
            store.must(Store.put("key" + i % 1000, "x".repeat(300), i % 3 == 0 ? 7 : 0));
        }
        store.must(new Command.Compact(1500));
        store.apply(new Request(Store.put("a", "1"), new Request.RequestId(7, 1)));
        List<KeyValue> then = store.everything();
        List<Event> eventsThen = store.eventsFrom(1500);

        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (KeyspaceSnapshot snapshot = store.keyspace.capture()) {
            long hash = snapshot.contentHash();
            for (int i = 0; ; i++) {
                byte[] chunk = snapshot.nextChunk().orElse(null);
                if (chunk == null) {
                    break;
                }
                out.writeBytes(chunk);
                store.must(Store.put("key" + i, "later"));
                store.apply(new Request(Store.put("a", "2"), new Request.RequestId(7, 2 + i)));
                store.must(new Command.Compact(store.keyspace.revision() - 1));
                while (store.keyspace.trim(100)) {
                    // as far as the snapshot lets it
                }
            }
            store.must(new Command.LeaseRevoke(7));
            assertThat(snapshot.contentHash()).isEqualTo(hash);
        }

        Store copy = new Store(restore(out.toByteArray()));
        assertThat(copy.everything()).isEqualTo(then);
        assertThat(copy.eventsFrom(1500)).isEqualTo(eventsThen);
        assertThat(copy.keyspace.keysOf(7)).hasSize(333);
        assertThat(copy.apply(new Request(Store.put("a", "1"), new Request.RequestId(7, 1)))
                        .events())
                .isEmpty();
        assertThat(store.keyspace.trim(1)).isTrue();
    }

    @Test
    void valuesLargerThanAChunkAreCutUp() {
        Store store = new Store();
        byte[] value = new byte[3 << 20];
        new Random(1).nextBytes(value);
        store.must(TxnOperation.Put.of(Store.bytes("big"), Bytes.owning(value)));
        store.must(Store.put("small", "1"));

        try (KeyspaceSnapshot snapshot = store.keyspace.capture()) {
            KeyspaceSnapshotReader reader = new KeyspaceSnapshotReader(KeyspaceLimits.DEFAULT);
            int chunks = 0;
            for (byte[] chunk = snapshot.nextChunk().orElse(null);
                    chunk != null;
                    chunk = snapshot.nextChunk().orElse(null)) {
                assertThat(chunk.length).isLessThanOrEqualTo(256 << 10);
                reader.accept(ByteBuffer.wrap(chunk));
                chunks++;
            }
            assertThat(chunks).isGreaterThan(12);
            assertThat(new Store(Keyspace.restore(reader)).everything()).isEqualTo(store.everything());
        }
    }

    @Test
    void anyDamageIsNoticed() {
        byte[] whole = bytes(smallStore().keyspace);
        for (int i = 0; i < whole.length; i++) {
            byte[] damaged = whole.clone();
            damaged[i] ^= 0x10;
            assertThatThrownBy(() -> restore(damaged)).as("byte %d", i).isInstanceOf(MalformedDataException.class);
            byte[] cut = Arrays.copyOf(whole, i);
            assertThatThrownBy(() -> restore(cut)).isInstanceOf(MalformedDataException.class);
        }
        assertThatThrownBy(() -> restore(Arrays.copyOf(whole, whole.length + 3)))
                .isInstanceOf(MalformedDataException.class)
                .hasMessageContaining("something follows its end");
    }

    @Test
    void lostAndExchangedFramesAreNoticed() {
        Store store = new Store();
        for (int i = 0; i < 3; i++) {
            store.must(TxnOperation.Put.of(Store.bytes("k" + i), Bytes.owning(new byte[256 << 10])));
        }
        List<byte[]> chunks = chunks(store.keyspace);
        List<byte[]> lost = new ArrayList<>(chunks);
        lost.remove(2);
        List<byte[]> exchanged = new ArrayList<>(chunks);
        exchanged.set(1, chunks.get(2));
        exchanged.set(2, chunks.get(1));

        for (List<byte[]> wrong : List.of(lost, exchanged)) {
            assertThatThrownBy(() -> restore(join(wrong)))
                    .isInstanceOf(MalformedDataException.class)
                    .hasMessageContaining("checksum of frame");
        }
    }

    @Test
    void whatIsNoSnapshotOrANewerOneIsNamed() {
        assertThatThrownBy(() -> restore("something else".getBytes(StandardCharsets.US_ASCII)))
                .hasMessageContaining("not a snapshot of a Mandate keyspace");
        byte[] newer = bytes(smallStore().keyspace);
        newer[11] = 9;
        assertThatThrownBy(() -> restore(newer))
                .hasMessageContaining("format version 9")
                .hasMessageContaining("use the version of Mandate that wrote it");
    }

    /** Bytes that version 1 wrote, byte by byte: a change of the format must not make snapshots on disks unreadable. */
    @Test
    void aSnapshotOfVersionOneIsStillRead() {
        Store store = smallStore();
        assertThat(HexFormat.of().formatHex(bytes(store.keyspace))).isEqualTo(GOLDEN);

        KeyspaceSnapshotReader reader = new KeyspaceSnapshotReader(KeyspaceLimits.DEFAULT);
        for (byte b : HexFormat.of().parseHex(GOLDEN)) {
            reader.accept(ByteBuffer.wrap(new byte[] {b}));
        }
        assertSame(new Store(Keyspace.restore(reader)), store);
    }

    /** One of everything. */
    private static Store smallStore() {
        Store store = new Store();
        store.must(new Command.PublishMember(new Member(1, "one", List.of("http://p"), List.of("http://c"))));
        store.must(new Command.SetAlarm(new Alarm(2, Alarm.Kind.NO_SPACE), true));
        store.must(new Command.SetAlarm(new Alarm(2, Alarm.Kind.NO_SPACE), false));
        store.grant(7);
        store.must(Store.put("base", "1", 7));
        store.must(Store.put("again", "1"));
        store.must(Store.put("again", "2"));
        store.apply(new Request(Store.putShowingPrevious("again", "3"), new Request.RequestId(7, 1)));
        store.must(Store.delete("again"));
        store.must(new Command.Compact(4));
        store.must(new Command.SetAlarm(new Alarm(3, Alarm.Kind.NO_SPACE), true));
        return store;
    }

    private static void assertSame(Store actual, Store expected) {
        Keyspace a = actual.keyspace;
        Keyspace e = expected.keyspace;
        assertThat(hash(a)).isEqualTo(hash(e));
        assertThat(a.hashKv(0)).isEqualTo(e.hashKv(0));
        assertThat(a.sizeInUseBytes()).isEqualTo(e.sizeInUseBytes());
        assertThat(actual.everything()).isEqualTo(expected.everything());
        assertThat(actual.eventsFrom(e.compactedRevision())).isEqualTo(expected.eventsFrom(e.compactedRevision()));
        assertThat(a.leases()).containsExactlyInAnyOrderElementsOf(e.leases());
        for (Lease lease : e.leases()) {
            assertThat(a.keysOf(lease.id())).isEqualTo(e.keysOf(lease.id()));
        }
        assertThat(a.appliedIndex()).isEqualTo(e.appliedIndex());
        assertThat(a.members()).isEqualTo(e.members());
        assertThat(a.alarms()).isEqualTo(e.alarms());
    }

    static long hash(Keyspace keyspace) {
        try (KeyspaceSnapshot snapshot = keyspace.capture()) {
            return snapshot.contentHash();
        }
    }

    private static List<byte[]> chunks(Keyspace keyspace) {
        try (KeyspaceSnapshot snapshot = keyspace.capture()) {
            List<byte[]> chunks = new ArrayList<>();
            for (byte[] chunk = snapshot.nextChunk().orElse(null);
                    chunk != null;
                    chunk = snapshot.nextChunk().orElse(null)) {
                chunks.add(chunk);
            }
            return chunks;
        }
    }

    private static byte[] bytes(Keyspace keyspace) {
        return join(chunks(keyspace));
    }

    private static byte[] join(List<byte[]> chunks) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        chunks.forEach(out::writeBytes);
        return out.toByteArray();
    }

    private static Keyspace restore(byte[] bytes) {
        KeyspaceSnapshotReader reader = new KeyspaceSnapshotReader(LIMITS);
        reader.accept(ByteBuffer.wrap(bytes));
        return Keyspace.restore(reader);
    }
}
