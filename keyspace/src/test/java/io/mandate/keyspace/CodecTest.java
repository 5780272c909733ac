package io.mandate.keyspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.keyspace.api.Alarm;
import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.Command;
import io.mandate.keyspace.api.Compare;
import io.mandate.keyspace.api.KeyRange;
import io.mandate.keyspace.api.KeyValue;
import io.mandate.keyspace.api.MalformedDataException;
import io.mandate.keyspace.api.Member;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.Request;
import io.mandate.keyspace.api.RequestRules;
import io.mandate.keyspace.api.TxnOperation;
import io.mandate.keyspace.codec.OutcomeCodec;
import io.mandate.keyspace.codec.RequestCodec;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CodecTest {
    private static final long SEED = 20_260_101;

    private static final String GOLDEN_KINDS =
            "02026b00070204000201026b004b020406080a0c000402026b0004030200000005020602040702080202040609020101"
                    + "0a02026d020270020263010208020202026b02760204060804010402026b02760204060805020202026b027602040608"
                    + "060201020302070208020406";

    private static final String GOLDEN_REQUEST =
            "84d80404020261000303000278020202610231000a040102000200000000000000000302620000";

    @Test
    void everyRequestAndItsOutcomeComeBackAsTheyWere() {
        RandomRequests requests = new RandomRequests(new Random(SEED));
        Store store = new Store();
        for (int i = 0; i < 5_000; i++) {
            Request request = requests.next(store.keyspace.revision());
            assertThat(RequestCodec.read(encode(request))).isEqualTo(request);
            Outcome outcome = store.apply(request).outcome();
            assertThat(OutcomeCodec.read(encode(outcome))).isEqualTo(outcome);
        }
    }

    @Test
    void extremeNumbersComeBack() {
        for (long number : new long[] {0, -1, 1, 63, -64, 64, Long.MAX_VALUE, Long.MIN_VALUE}) {
            Request request = Request.of(new Command.LeaseGrant(number, number));
            assertThat(RequestCodec.read(encode(request))).isEqualTo(request);
        }
        assertThat(encode(Request.of(new Command.Compact(63))).remaining()).isEqualTo(2);
    }

    @Test
    void oneAfterTheOtherTheyAreReadFromOneBuffer() {
        Request first = Request.of(Store.put("a", "1"));
        Request second = new Request(Store.delete("b"), new Request.RequestId(-7, 3));
        ByteBuffer buffer = ByteBuffer.allocate(RequestCodec.size(first) + RequestCodec.size(second));
        RequestCodec.write(first, buffer);
        RequestCodec.write(second, buffer);
        assertThat(buffer.hasRemaining()).isFalse();

        buffer.flip();
        assertThat(RequestCodec.read(buffer)).isEqualTo(first);
        assertThat(RequestCodec.read(buffer)).isEqualTo(second);
        assertThat(buffer.hasRemaining()).isFalse();
    }

    /** Bytes that version 1 wrote. A change of the encoding fails here, because logs on disk have the old one. */
    @Test
    void theEncodingOfVersionOneIsStillRead() {
        HexFormat hex = HexFormat.of();
        Request request = new Request(
                Store.txn(
                        List.of(Compare.value(Store.bytes("a"), Compare.Relation.NOT_EQUAL, Store.bytes("x"))),
                        List.of(Store.put("a", "1", 5)),
                        List.of(TxnOperation.Range.latest(KeyRange.ALL), Store.delete("b"))),
                new Request.RequestId(300, 2));
        assertThat(hex.formatHex(encode(request).array())).isEqualTo(GOLDEN_REQUEST);
        assertThat(RequestCodec.read(ByteBuffer.wrap(hex.parseHex(GOLDEN_REQUEST))))
                .isEqualTo(request);
    }

    /**
     * Tags and the order of enum constants are the format, too: one of each, last constants where there is a choice.
     */
    @Test
    void everyKindIsStillEncodedAsInVersionOne() {
        List<Command> commands = List.of(
                new TxnOperation.Put(Store.bytes("k"), Bytes.EMPTY, 1, true, true, true),
                Store.all(new TxnOperation.Range(
                        Store.key("k"),
                        1,
                        2,
                        TxnOperation.Range.SortOrder.DESCENDING,
                        TxnOperation.Range.SortTarget.VALUE,
                        true,
                        true,
                        3,
                        4,
                        5,
                        6)),
                Store.txn(
                        List.of(Compare.number(Store.bytes("k"), Compare.Target.LEASE, Compare.Relation.NOT_EQUAL, 1)),
                        List.of(),
                        List.of()),
                new Command.Compact(1),
                new Command.LeaseGrant(1, 2),
                new Command.LeaseRevoke(1),
                new Command.LeaseExpire(1, List.of(new Command.Expiry(2, 3))),
                new Command.SetAlarm(new Alarm(1, Alarm.Kind.CORRUPT), true),
                new Command.PublishMember(new Member(1, "m", List.of("p"), List.of("c"))));
        KeyValue keyValue = Store.keyValue("k", "v", 1, 2, 3, 4);
        List<Outcome> outcomes = List.of(
                new Outcome.Refused(1, Outcome.Refused.Reason.STALE_TERM),
                new Outcome.Ranged(1, List.of(keyValue), 2, true),
                new Outcome.Written(1, keyValue),
                new Outcome.Deleted(1, 1, List.of(keyValue)),
                new Outcome.Decided(1, true, List.of(new Outcome.Written(1, null))),
                new Outcome.Done(1),
                new Outcome.Granted(1, 2, 3));
        StringBuilder hex = new StringBuilder();
        commands.forEach(each ->
                hex.append(HexFormat.of().formatHex(encode(Request.of(each)).array())));
        outcomes.forEach(
                each -> hex.append(HexFormat.of().formatHex(encode(each).array())));
        assertThat(hex.toString()).isEqualTo(GOLDEN_KINDS);
    }

    @Test
    void cutOffBytesAreRefused() {
        RandomRequests requests = new RandomRequests(new Random(SEED));
        for (int i = 0; i < 300; i++) {
            byte[] whole = encode(requests.next(10)).array();
            for (int length = 0; length < whole.length; length++) {
                ByteBuffer cut = ByteBuffer.wrap(whole, 0, length);
                assertThatThrownBy(() -> RequestCodec.read(cut)).isInstanceOf(MalformedDataException.class);
            }
        }
    }

    /**
     * Another node's bytes reach every replica through the log: a command that could not be applied would end them all.
     */
    @Test
    void whateverDamagedBytesAreReadAsIsAppliedOrRefused() {
        Random random = new Random(SEED);
        RandomRequests requests = new RandomRequests(random);
        Store store = new Store();
        int read = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = encode(requests.next(store.keyspace.revision())).array();
            for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            try {
                store.apply(RequestCodec.read(ByteBuffer.wrap(bytes)));
                read++;
            } catch (MalformedDataException refused) {
                assertThat(refused).hasMessageContaining("malformed request");
            }
        }
        assertThat(read).isGreaterThan(1_000);
    }

    @Test
    void damagedBytesAreReadAsSomethingOrRefusedButNeverMore() {
        Random random = new Random(SEED);
        RandomRequests requests = new RandomRequests(random);
        Store store = new Store();
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            Request request = requests.next(10);
            byte[] bytes = random.nextBoolean()
                    ? encode(request).array()
                    : encode(store.apply(request).outcome()).array();
            for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            refused += isRefused(() -> RequestCodec.read(ByteBuffer.wrap(bytes))) ? 1 : 0;
            refused += isRefused(() -> OutcomeCodec.read(ByteBuffer.wrap(bytes))) ? 1 : 0;
        }
        assertThat(refused).isGreaterThan(10_000);
    }

    @Test
    void hugeLengthsAllocateNothing() {
        ByteBuffer put = ByteBuffer.allocate(16).put((byte) 2);
        put.put(HexFormat.of().parseHex("feffffffffffffffff01")).flip();
        assertThatThrownBy(() -> RequestCodec.read(put))
                .isInstanceOf(MalformedDataException.class)
                .hasMessageContaining("length of 9223372036854775807");
    }

    @Test
    void nestingIsBounded() {
        TxnOperation.Txn deep = Store.all();
        for (int i = 1; i < RequestRules.TXN_DEPTH_MAX; i++) {
            deep = Store.all(deep);
        }
        Request deepest = Request.of(deep);
        assertThat(RequestCodec.read(encode(deepest))).isEqualTo(deepest);

        Request tooDeep = Request.of(Store.all(deep));
        assertThatThrownBy(() -> RequestCodec.read(encode(tooDeep)))
                .isInstanceOf(MalformedDataException.class)
                .hasMessageContaining("nested deeper");

        byte[] hostile = new byte[3 << 20];
        for (int i = 0; i < hostile.length; i += 3) {
            hostile[i] = 4;
            hostile[i + 1] = 0;
            hostile[i + 2] = 2;
        }
        assertThatThrownBy(() -> RequestCodec.read(ByteBuffer.wrap(hostile)))
                .isInstanceOf(MalformedDataException.class);
    }

    private static boolean isRefused(Runnable read) {
        try {
            read.run();
            return false;
        } catch (MalformedDataException e) {
            return true;
        }
    }

    private static ByteBuffer encode(Request request) {
        ByteBuffer buffer = ByteBuffer.allocate(RequestCodec.size(request));
        RequestCodec.write(request, buffer);
        assertThat(buffer.hasRemaining()).isFalse();
        return buffer.flip();
    }

    private static ByteBuffer encode(Outcome outcome) {
        ByteBuffer buffer = ByteBuffer.allocate(OutcomeCodec.size(outcome));
        OutcomeCodec.write(outcome, buffer);
        assertThat(buffer.hasRemaining()).isFalse();
        return buffer.flip();
    }
}
