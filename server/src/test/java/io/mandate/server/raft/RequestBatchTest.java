package io.mandate.server.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.Request;
import io.mandate.keyspace.api.TxnOperation;
import io.mandate.keyspace.codec.RequestCodec;
import io.mandate.server.raft.transport.PeerVersions;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Batches of other nodes and other releases. */
class RequestBatchTest {
    private static final PeerVersions CURRENT = new PeerVersions(2, 2);
    private static final PeerVersions NEXT = new PeerVersions(2, 3);
    private static final long SEED = 20_260_301;

    /** The encoding of version 2: a batch of one put, k=v. */
    private static final String GOLDEN = "010000000102026b02760000";

    private static final class IgnoringCallback implements RequestBatch.Callback {
        @Override
        public void applied(RequestBatch batch, List<Outcome> outcomes) {}

        @Override
        public void responded(RequestBatch batch, ByteBuffer response) {}

        @Override
        public void notAppended(RequestBatch batch, String reason) {}

        @Override
        public void unknown(RequestBatch batch, String reason) {}
    }

    private static Proposal put(String key) {
        Request request = Request.of(TxnOperation.Put.of(Bytes.utf8(key), Bytes.utf8("v")));
        return new Proposal(request, RequestCodec.size(request), Long.MAX_VALUE);
    }

    private static ByteBuffer encoded(int version, String... keys) {
        return new RequestBatch(
                        List.of(keys).stream().map(RequestBatchTest::put).toList(), new IgnoringCallback())
                .encode(version);
    }

    private static void assertUnreadable(byte[] bytes, String... messageParts) {
        assertThatThrownBy(() -> RequestBatch.decode(ByteBuffer.wrap(bytes), CURRENT))
                .isInstanceOf(UnreadableBatchException.class)
                .hasMessageContainingAll(messageParts);
    }

    @Test
    void theEncodingOfVersionTwoIsUnchanged() {
        byte[] golden = HexFormat.of().parseHex(GOLDEN);
        assertThat(encoded(2, "k").array()).isEqualTo(golden);
        for (PeerVersions versions : List.of(CURRENT, NEXT)) {
            assertThat(RequestBatch.decode(ByteBuffer.wrap(golden), versions)).containsExactly(put("k").request);
        }
    }

    @Test
    void aBatchOfANewerVersionIsReadOnlyByNodesThatSpeakIt() {
        assertUnreadable(encoded(3, "k").array(), "format 2", "formats up to 1", "run the release that wrote it");
        assertThat(RequestBatch.decode(encoded(3, "k"), NEXT)).hasSize(1);
    }

    @Test
    void countsAndLengthsAreValidated() {
        assertUnreadable(new byte[0], "0 bytes");
        assertUnreadable(new byte[] {1, 0, 0}, "3 bytes");
        assertUnreadable(new byte[] {0, 0, 0, 0, 1}, "format 0");
        assertUnreadable(new byte[] {1, 0, 0, 0, 0}, "0 requests");
        assertUnreadable(new byte[] {1, -1, -1, -1, -1}, "-1 requests");
        assertUnreadable(new byte[] {1, 0x7f, -1, -1, -1}, "2147483647 requests");
        assertUnreadable(new byte[] {1, 0, 0, 0, 9}, "request 0 of a batch of 9");
        byte[] longer = new byte[GOLDEN.length() / 2 + 3];
        System.arraycopy(HexFormat.of().parseHex(GOLDEN), 0, longer, 0, GOLDEN.length() / 2);
        assertUnreadable(longer, "3 bytes after");
    }

    @Test
    void damagedBytesAreDecodedOrRefusedWithTheExpectedException() {
        Random random = new Random(SEED);
        int refused = 0;
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = encoded(2, "a", "bb", "ccc").array();
            for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            ByteBuffer damaged = ByteBuffer.wrap(bytes, 0, random.nextInt(bytes.length + 1));
            try {
                RequestBatch.decode(damaged, CURRENT);
            } catch (UnreadableBatchException unreadable) {
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(10_000);
    }
}
