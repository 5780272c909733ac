package io.mandate.server.raft;

import static io.mandate.server.raft.TestCluster.await;
import static io.mandate.server.raft.TestCluster.put;
import static io.mandate.server.raft.TestCluster.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.alipay.sofa.jraft.util.Endpoint;
import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.Request;
import io.mandate.keyspace.api.TxnOperation;
import io.mandate.keyspace.codec.RequestCodec;
import io.mandate.server.raft.transport.PeerHello;
import io.mandate.server.raft.transport.PeerRules;
import io.mandate.server.raft.transport.PeerTransport;
import io.mandate.server.raft.transport.PeerVersions;
import io.mandate.server.raft.transport.TransportException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A member that sends invalid messages. It loses its connection; no node fails and no member list changes. */
@Tag("integration")
@Timeout(120)
class HostilePeerTest {
    private static final long SEED = 20_260_303;
    private static final long HOSTILE = 3;
    private static final long TIMEOUT_MILLIS = 10_000;

    @TempDir
    Path directory;

    private static PeerTransport member(TestCluster cluster, long id) {
        PeerHello hello = new PeerHello(PeerVersions.SUPPORTED, 77, id, 1, UUID.randomUUID(), false);
        return new PeerTransport(
                hello, cluster.options(HOSTILE, false).listenAddress().getPort(), new AcceptAllRules(), null);
    }

    private record AcceptAllRules() implements PeerRules {
        @Override
        public Optional<String> rejectionReason(PeerHello other) {
            return Optional.empty();
        }

        @Override
        public boolean isMember(String address) {
            return true;
        }

        @Override
        public Optional<String> rejectionReason(ByteBuffer entry) {
            return Optional.empty();
        }
    }

    private static Endpoint endpoint(TestCluster cluster, long id) {
        return cluster.host(id).self().getEndpoint();
    }

    private static void assertRefused(PeerTransport hostile, Endpoint node, int kind, byte[] request) {
        await("a connection to " + node, () -> hostile.isConnected(node));
        assertThatThrownBy(() ->
                        hostile.call(node, 0, kind, request, TIMEOUT_MILLIS).join())
                .hasCauseInstanceOf(TransportException.class)
                .hasMessageNotContaining("did not answer"); // that would be a node that processes the request
    }

    private static ByteBuffer batch(int version) {
        Request request = Request.of(TxnOperation.Put.of(Bytes.utf8("k"), Bytes.utf8("v")));
        Proposal proposal = new Proposal(request, RequestCodec.size(request), Long.MAX_VALUE);
        return new RequestBatch(List.of(proposal), new IgnoringCallback()).encode(version);
    }

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

    @Test
    void invalidMessagesFailNoNode() {
        try (TestCluster cluster = new TestCluster(directory, 3, 1_000_000)) {
            cluster.start(1, false);
            cluster.start(2, false);
            long leader = TestCluster.id(cluster.leader());
            Endpoint node = endpoint(cluster, leader);
            Random random = new Random(SEED);
            try (PeerTransport hostile = member(cluster, HOSTILE)) {
                hostile.connect(node);
                assertRefused(hostile, node, PeerMessages.FORWARDED_REQUESTS, new byte[0]);
                assertRefused(hostile, node, PeerMessages.FORWARDED_REQUESTS, new byte[] {1, 0x7f, -1, -1, -1});
                assertRefused(hostile, node, PeerMessages.FORWARDED_REQUESTS, batch(9).array());
                for (int round = 0; round < 20; round++) {
                    byte[] nonsense = new byte[random.nextInt(64)];
                    random.nextBytes(nonsense);
                    assertRefused(hostile, node, PeerMessages.FORWARDED_REQUESTS, nonsense);
                }
                assertRefused(hostile, node, 99, new byte[0]);
                for (String stranger : List.of("10.9.9.9:1", "", "no address", node.toString())) {
                    byte[] request = stranger.getBytes(StandardCharsets.UTF_8);
                    assertRefused(hostile, node, PeerMessages.REPLACE_MEMBER, request);
                }
            }
            for (long id : List.of(1L, 2L)) {
                assertThat(cluster.host(id).failure()).isNotDone();
                assertThat(put(cluster.get(id), "a", "by " + id)).isInstanceOf(Outcome.Written.class);
                assertThat(read(cluster.leader(), "a")).isEqualTo("by " + id);
            }
        }
    }

    @Test
    void aNodeThatIsNotAMemberIsRejectedAndNotStored() {
        try (TestCluster cluster = new TestCluster(directory, 3, 1_000_000)) {
            Identity identity = Identity.open(cluster.options(2, false));
            try (identity) {
                for (long id : new long[] {2, 99}) {
                    PeerHello hello = new PeerHello(PeerVersions.SUPPORTED, 77, id, 1, UUID.randomUUID(), false);
                    assertThat(identity.rejectionReason(hello)).get().asString().contains("--initial-cluster");
                }
            }
            assertThat(directory.resolve("member-2/members")).doesNotExist();
        }
    }
}
