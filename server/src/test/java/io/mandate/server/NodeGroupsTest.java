package io.mandate.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.stub.AbstractStub;
import io.grpc.stub.MetadataUtils;
import io.mandate.etcdapi.ClusterGrpc;
import io.mandate.etcdapi.KVGrpc;
import io.mandate.etcdapi.MaintenanceGrpc;
import io.mandate.etcdapi.MemberListRequest;
import io.mandate.etcdapi.PutRequest;
import io.mandate.etcdapi.RangeRequest;
import io.mandate.etcdapi.StatusRequest;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A node with several groups, tested through its API. */
@Tag("integration")
@Timeout(60)
class NodeGroupsTest {
    private static final int WAIT_SECONDS_MAX = 20;

    @TempDir
    Path directory;

    private NodeOptions.Builder options(int clientPort) throws IOException {
        return NodeOptions.builder("only", directory)
                .listenClientUrls(List.of(URI.create("http://127.0.0.1:" + clientPort)))
                .listenPeerUrl(URI.create("http://127.0.0.1:" + FreePorts.one()));
    }

    private static <S extends AbstractStub<S>> S inGroup(S stub, int group) {
        Metadata metadata = new Metadata();
        metadata.put(Metadata.Key.of("mandate-group", Metadata.ASCII_STRING_MARSHALLER), Integer.toString(group));
        return stub.withDeadlineAfter(WAIT_SECONDS_MAX, TimeUnit.SECONDS)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(metadata));
    }

    private static String get(int port, String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    @Test
    void everyGroupIsAWholeStoreAndKeepsItsDataOverARestart() throws Exception {
        int port = FreePorts.one();
        NodeOptions three = options(port).groups(3).build();
        for (int start = 1; start <= 2; start++) {
            try (Node node = Node.start(three)) {
                node.ready().get(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
                ManagedChannel channel = node.inProcess().channel();
                try {
                    for (int group = 0; group < 3; group++) {
                        KVGrpc.KVBlockingStub kv = inGroup(KVGrpc.newBlockingStub(channel), group);
                        assertThat(kv.range(RangeRequest.newBuilder()
                                                .setKey(key(group))
                                                .build())
                                        .getKvsCount())
                                .isEqualTo(start - 1);
                        kv.put(PutRequest.newBuilder()
                                .setKey(key(group))
                                .setValue(key(start))
                                .build());
                        assertThat(inGroup(ClusterGrpc.newBlockingStub(channel), group)
                                        .memberList(MemberListRequest.getDefaultInstance())
                                        .getMembersList())
                                .singleElement()
                                .satisfies(
                                        member -> assertThat(member.getName()).isEqualTo("only"));
                        assertThat(inGroup(MaintenanceGrpc.newBlockingStub(channel), group)
                                        .status(StatusRequest.getDefaultInstance())
                                        .getHeader()
                                        .getRevision())
                                .isEqualTo(1 + start);
                    }
                    assertThat(get(port, "/health")).contains("\"true\"");
                    assertThat(get(port, "/metrics"))
                            .contains("etcd_server_has_leader{group=\"0\"} 1", "etcd_server_is_leader{group=\"2\"} 1");
                } finally {
                    channel.shutdownNow();
                }
            }
        }
        assertThatThrownBy(() -> Node.start(options(port)
                        .groups(2)
                        .listenPeerUrl(three.listenPeerUrl())
                        .build()))
                .hasMessageContaining("--groups 3")
                .hasMessageContaining("--groups 2");
    }

    private static ByteString key(int number) {
        return ByteString.copyFromUtf8("k" + number);
    }

    @Test
    void metricsOfASingleGroupHaveEtcdsLabelsOnly() throws Exception {
        int port = FreePorts.one();
        try (Node node = Node.start(options(port).build())) {
            node.ready().get(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
            assertThat(get(port, "/metrics"))
                    .contains("etcd_server_has_leader 1")
                    .doesNotContain("group=");
        }
    }

    @Test
    void aNumberOfGroupsOutOfBoundsIsRefused() throws Exception {
        NodeOptions.Builder many = options(FreePorts.one()).groups(65);
        assertThatThrownBy(many::build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("64");
        NodeOptions.Builder none = options(FreePorts.one()).groups(0);
        assertThatThrownBy(none::build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("groups");
    }
}
