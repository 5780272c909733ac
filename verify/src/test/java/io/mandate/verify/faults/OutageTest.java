package io.mandate.verify.faults;

import static io.mandate.verify.process.NodeClient.get;
import static io.mandate.verify.process.NodeClient.getLocally;
import static io.mandate.verify.process.NodeClient.put;
import static io.mandate.verify.process.NodeClient.putRequest;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import io.mandate.etcdapi.KVGrpc;
import io.mandate.etcdapi.LeaseGrantRequest;
import io.mandate.etcdapi.LeaseGrpc;
import io.mandate.etcdapi.RangeRequest;
import io.mandate.etcdapi.RequestOp;
import io.mandate.etcdapi.TxnRequest;
import io.mandate.verify.process.ClusterNode;
import io.mandate.verify.process.ProcessCluster;
import io.mandate.verify.process.ServerKind;
import io.mandate.verify.process.TestedServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a node does when it is alone, when it comes back late, and when it comes back without its disk. */
@Tag("integration")
@Timeout(180)
class OutageTest {
    /**
     * A server gives up after 5 s and two election time-outs, 7 s by etcd's defaults. What takes longer than this
     * hangs.
     */
    private static final long HANG_SECONDS = 20;

    /** The texts by which etcd's clients know that there is no majority. */
    private static final String NO_MAJORITY = "etcdserver: (request timed out.*|no leader|leader changed)";

    private static final Metadata.Key<String> HAS_LEADER =
            Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER);

    @TempDir
    Path directory;

    @Test
    void lonelyNodeRefusesInTimeTellsThatNobodyLeadsAndServesAgain() throws Exception {
        lonelyNodeRefusesInTimeAndServesAgain(ServerKind.MANDATE);
    }

    private void lonelyNodeRefusesInTimeAndServesAgain(ServerKind kind) throws Exception {
        try (ProcessCluster cluster =
                ProcessCluster.of(TestedServer.of(kind), 3, directory).start()) {
            lonelyNodeRefusesInTimeAndServesAgain(cluster, false);
            lonelyNodeRefusesInTimeAndServesAgain(cluster, true);
        }
    }

    private static void lonelyNodeRefusesInTimeAndServesAgain(ProcessCluster cluster, boolean survivorLeads)
            throws Exception {
        int leader = cluster.awaitLeader();
        put(cluster.node(leader), "k", "before");
        int survivor = survivorLeads ? leader : (leader + 1) % 3;
        ClusterNode node = cluster.node(survivor);
        assertThat(get(node, "k")).isEqualTo("before");
        for (int other = 0; other < 3; other++) {
            if (other != survivor) {
                cluster.node(other).kill9();
            }
        }

        for (Map.Entry<String, ListenableFuture<?>> request :
                requestsThatNeedAMajority(node).entrySet()) {
            Status status = failureOf(request.getValue());
            assertThat(status.getCode()).as(request.getKey() + " " + status).isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(status.getDescription()).as(request.getKey()).matches(NO_MAJORITY);
        }
        assertThatWhoDemandsALeaderIsToldAtOnce(node);
        assertThat(getLocally(node, "k")).isEqualTo("before");
        assertThat(node.isHealthy()).isFalse();
        assertThat(cluster.status(survivor).getLeader()).isZero();

        cluster.restartAll();
        for (ClusterNode each : cluster.nodes()) {
            put(each, "k", "after at " + each.name());
            assertThat(get(each, "k")).isEqualTo("after at " + each.name());
        }
    }

    private static void assertThatWhoDemandsALeaderIsToldAtOnce(ClusterNode node) {
        Metadata headers = new Metadata();
        headers.put(HAS_LEADER, "true");
        Status status = failureOf(KVGrpc.newFutureStub(node.channel())
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                .withDeadlineAfter(HANG_SECONDS, TimeUnit.SECONDS)
                .range(RangeRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8("k"))
                        .setSerializable(true)
                        .build()));
        assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(status.getDescription()).isEqualTo("etcdserver: no leader");
    }

    @Test
    void nodeThatMissedMoreThanTheLogHoldsIsBroughtBackBySnapshot() {
        nodeThatMissedMoreThanTheLogHoldsIsBroughtBackBySnapshot(ServerKind.MANDATE);
    }

    private void nodeThatMissedMoreThanTheLogHoldsIsBroughtBackBySnapshot(ServerKind kind) {
        // etcd keeps 5,000 entries behind a snapshot for slow followers, so that more than these must be missed.
        int missed = kind == ServerKind.ETCD ? 7_000 : 2_000;
        try (ProcessCluster cluster = ProcessCluster.of(TestedServer.of(kind), 3, directory, "--snapshot-count", "500")
                .start()) {
            int late = (cluster.awaitLeader() + 1) % 3;
            cluster.node(late).kill9();
            ClusterNode leader = cluster.node(cluster.awaitLeader());
            putMany(leader, missed);
            cluster.restart(late);

            long revision = Replicas.currentRevision(GroupStore.of(cluster));
            assertThat(Replicas.hashes(GroupStore.of(cluster), revision)).hasSize(1);
            assertThat(getLocally(cluster.node(late), "late/" + (missed - 1))).isEqualTo("v");
            if (kind == ServerKind.ETCD) {
                assertThat(cluster.node(late).process().log()).contains("applied snapshot");
            }
        }
    }

    @Test
    void orderedStopEndsInTime() {
        orderedStopEndsInTime(ServerKind.MANDATE);
    }

    private void orderedStopEndsInTime(ServerKind kind) {
        try (ProcessCluster cluster =
                ProcessCluster.of(TestedServer.of(kind), 3, directory).start()) {
            put(cluster.node(cluster.awaitLeader()), "k", "v");
            // The leader last: it has nobody left to hand over to.
            int leader = cluster.awaitLeader();
            for (int i = 1; i <= 3; i++) {
                assertThat(cluster.node((leader + i) % 3).stop(Duration.ofSeconds(5)))
                        .isIn(0, 143);
            }
        }
    }

    /** What is asked of Mandate is no more than etcd does. */
    @Test
    @Tag("long")
    @Timeout(300)
    void etcdDoesAllOfThisToo() throws Exception {
        lonelyNodeRefusesInTimeAndServesAgain(ServerKind.ETCD);
        nodeThatMissedMoreThanTheLogHoldsIsBroughtBackBySnapshot(ServerKind.ETCD);
        orderedStopEndsInTime(ServerKind.ETCD);
    }

    /**
     * etcd lets a wiped member come back and vote again, which can lose acknowledged writes; so this is asked of
     * Mandate alone.
     */
    @Test
    void wipedNodeIsRefusedUntilToldThatItsDiskWasLost() {
        try (ProcessCluster cluster =
                ProcessCluster.of(TestedServer.mandate(), 3, directory).start()) {
            int leader = cluster.awaitLeader();
            put(cluster.node(leader), "k", "v");
            int wiped = (leader + 1) % 3;
            cluster.node(wiped).kill9();
            cluster.node(wiped).wipe();

            int exitCode = cluster.node(wiped).launch().awaitExit(ProcessCluster.READY_TIMEOUT);
            assertThat(exitCode).isNotZero();
            assertThat(cluster.node(wiped).process().log()).contains("--initial-cluster-state existing");

            cluster.restart(wiped, "--initial-cluster-state", "existing");
            assertThat(get(cluster.node(wiped), "k")).isEqualTo("v");
            put(cluster.node(wiped), "k2", "v2");
            assertThat(Replicas.hashes(GroupStore.of(cluster), Replicas.currentRevision(GroupStore.of(cluster))))
                    .hasSize(1);

            // Its disk is its own again: the next start needs no remedy.
            cluster.node(wiped).kill9();
            cluster.restart(wiped);
            assertThat(get(cluster.node(wiped), "k2")).isEqualTo("v2");
        }
    }

    @Test
    void nodeWithTheDiskOfAnotherMemberIsRefused() throws Exception {
        try (ProcessCluster cluster =
                ProcessCluster.of(TestedServer.mandate(), 3, directory).start()) {
            put(cluster.node(0), "k", "v");
            cluster.node(0).kill9();
            cluster.node(1).kill9();
            cluster.node(0).wipe();
            Files.move(cluster.node(1).dataDirectory(), cluster.node(0).dataDirectory());
            assertThat(cluster.node(0).launch().awaitExit(ProcessCluster.READY_TIMEOUT))
                    .isNotZero();
            assertThat(cluster.node(0).process().log()).contains("n1").contains("n2");
        }
    }

    private static Map<String, ListenableFuture<?>> requestsThatNeedAMajority(ClusterNode node) {
        KVGrpc.KVFutureStub kv = KVGrpc.newFutureStub(node.channel()).withDeadlineAfter(HANG_SECONDS, TimeUnit.SECONDS);
        RangeRequest read =
                RangeRequest.newBuilder().setKey(ByteString.copyFromUtf8("k")).build();
        Map<String, ListenableFuture<?>> requests = new LinkedHashMap<>();
        requests.put("linearizable range", kv.range(read));
        requests.put("put", kv.put(putRequest("lost", "v")));
        requests.put(
                "transaction",
                kv.txn(TxnRequest.newBuilder()
                        .addSuccess(RequestOp.newBuilder().setRequestPut(putRequest("lost", "v")))
                        .build()));
        requests.put(
                "read-only transaction",
                kv.txn(TxnRequest.newBuilder()
                        .addSuccess(RequestOp.newBuilder().setRequestRange(read))
                        .build()));
        requests.put(
                "lease grant",
                LeaseGrpc.newFutureStub(node.channel())
                        .withDeadlineAfter(HANG_SECONDS, TimeUnit.SECONDS)
                        .leaseGrant(LeaseGrantRequest.newBuilder().setTTL(60).build()));
        return requests;
    }

    private static Status failureOf(ListenableFuture<?> request) {
        try {
            return Status.OK.withDescription("answered with " + request.get());
        } catch (ExecutionException e) {
            return e.getCause() instanceof StatusRuntimeException failure
                    ? failure.getStatus()
                    : Status.fromThrowable(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static void putMany(ClusterNode node, int count) {
        KVGrpc.KVBlockingStub kv = KVGrpc.newBlockingStub(node.channel());
        // Transactions of one put each would take long one after the other; 64 threads keep 64 outstanding.
        ExecutorService threads = Executors.newFixedThreadPool(64);
        try {
            List<Future<?>> puts = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                String key = "late/" + i;
                puts.add(threads.submit(() ->
                        kv.withDeadlineAfter(HANG_SECONDS, TimeUnit.SECONDS).put(putRequest(key, "v"))));
            }
            for (Future<?> put : puts) {
                put.get();
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } finally {
            threads.shutdownNow();
        }
    }
}
