package io.mandate.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.mandate.etcdapi.DeleteRangeRequest;
import io.mandate.etcdapi.KVGrpc;
import io.mandate.etcdapi.LeaseGrantRequest;
import io.mandate.etcdapi.LeaseGrpc;
import io.mandate.etcdapi.LeaseRevokeRequest;
import io.mandate.etcdapi.PutRequest;
import io.mandate.etcdapi.RangeRequest;
import io.mandate.etcdapi.RequestOp;
import io.mandate.etcdapi.TxnRequest;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Metrics count the operations performed. */
@Timeout(60)
class EtcdMetricsTest {
    private static final int WAIT_SECONDS_MAX = 20;
    private static final ByteString KEY = ByteString.copyFromUtf8("key");

    @TempDir
    Path directory;

    private static String get(int port, String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private static void performOperations(ManagedChannel channel) {
        KVGrpc.KVBlockingStub kv =
                KVGrpc.newBlockingStub(channel).withDeadlineAfter(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
        PutRequest put = PutRequest.newBuilder().setKey(KEY).setValue(KEY).build();
        RangeRequest range = RangeRequest.newBuilder().setKey(KEY).build();
        kv.put(put);
        kv.put(put);
        kv.range(range);
        kv.txn(TxnRequest.newBuilder()
                .addSuccess(RequestOp.newBuilder().setRequestPut(put))
                .addSuccess(RequestOp.newBuilder().setRequestRange(range))
                .build());
        kv.deleteRange(DeleteRangeRequest.newBuilder().setKey(KEY).build());
        LeaseGrpc.LeaseBlockingStub leases =
                LeaseGrpc.newBlockingStub(channel).withDeadlineAfter(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
        leases.leaseGrant(LeaseGrantRequest.newBuilder().setID(7).setTTL(60).build());
        leases.leaseRevoke(LeaseRevokeRequest.newBuilder().setID(7).build());
    }

    @Test
    void operationsAreCounted() throws Exception {
        int port = FreePorts.one();
        NodeOptions options = NodeOptions.builder("only", directory)
                .listenClientUrls(List.of(URI.create("http://127.0.0.1:" + port)))
                .listenPeerUrl(URI.create("http://127.0.0.1:" + FreePorts.one()))
                .build();
        try (Node node = Node.start(options)) {
            node.ready().get(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
            ManagedChannel channel = node.inProcess().channel();
            try {
                performOperations(channel);
            } finally {
                channel.shutdownNow();
            }
            assertThat(get(port, "/health")).contains("\"true\"");
            String metrics = get(port, "/metrics");
            assertThat(metrics.lines())
                    .contains(
                            "etcd_mvcc_put_total 3",
                            "etcd_mvcc_range_total 2",
                            "etcd_mvcc_delete_total 1",
                            "etcd_mvcc_txn_total 1",
                            "etcd_debugging_mvcc_total_put_size_in_bytes 18",
                            "etcd_debugging_mvcc_current_revision 5",
                            "etcd_debugging_lease_granted_total 1",
                            "etcd_debugging_lease_revoked_total 1",
                            "etcd_debugging_server_lease_expired_total 0",
                            "etcd_debugging_lease_ttl_total_bucket{le=\"32\"} 0",
                            "etcd_debugging_lease_ttl_total_bucket{le=\"64\"} 1",
                            "etcd_server_apply_duration_seconds_count{version=\"v3\",op=\"Put\",success=\"true\"} 2",
                            "etcd_server_health_success 1",
                            "etcd_server_health_failures 0",
                            "etcd_server_version{server_version=\"3.5.30\"} 1",
                            "etcd_cluster_version{cluster_version=\"3.5\"} 1",
                            "# TYPE etcd_server_proposals_applied_total gauge")
                    .anyMatch(line -> line.matches("etcd_disk_wal_fsync_duration_seconds_count [1-9]\\d*"))
                    .anyMatch(line -> line.matches("etcd_server_id\\{server_id=\"[0-9a-f]+\"} 1"));
        }
    }
}
