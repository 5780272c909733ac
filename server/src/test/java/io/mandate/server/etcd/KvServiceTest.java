package io.mandate.server.etcd;

import static io.mandate.server.etcd.EtcdApiFixture.assertRefused;
import static io.mandate.server.etcd.EtcdApiFixture.bytes;
import static io.mandate.server.etcd.EtcdApiFixture.operation;
import static io.mandate.server.etcd.EtcdApiFixture.put;
import static io.mandate.server.etcd.EtcdApiFixture.range;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.Status.Code;
import io.mandate.etcdapi.CompactionRequest;
import io.mandate.etcdapi.CompactionResponse;
import io.mandate.etcdapi.Compare;
import io.mandate.etcdapi.DeleteRangeRequest;
import io.mandate.etcdapi.DeleteRangeResponse;
import io.mandate.etcdapi.KVGrpc;
import io.mandate.etcdapi.KeyValue;
import io.mandate.etcdapi.PutResponse;
import io.mandate.etcdapi.RangeRequest;
import io.mandate.etcdapi.RangeResponse;
import io.mandate.etcdapi.RequestOp;
import io.mandate.etcdapi.ResponseHeader;
import io.mandate.etcdapi.TxnRequest;
import io.mandate.etcdapi.TxnResponse;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class KvServiceTest {
    private final EtcdApiFixture api = new EtcdApiFixture();

    @AfterEach
    void close() {
        api.close();
    }

    @Test
    void headersHaveClusterMemberTermAndTheRevisionOfTheWrite() {
        PutResponse response = api.kv().put(put("a", "1"));

        assertThat(response.getHeader())
                .isEqualTo(ResponseHeader.newBuilder()
                        .setClusterId(MemoryReplica.CLUSTER_ID)
                        .setMemberId(MemoryReplica.MEMBER_ID)
                        .setRaftTerm(MemoryReplica.TERM)
                        .setRevision(2)
                        .build());
        assertThat(response.hasPrevKv()).isFalse();
    }

    @Test
    void aPutReturnsThePreviousKeyValueOnRequest() {
        api.kv().put(put("a", "1"));

        PutResponse response =
                api.kv().put(put("a", "2").toBuilder().setPrevKv(true).build());

        assertThat(response.getPrevKv())
                .isEqualTo(KeyValue.newBuilder()
                        .setKey(bytes("a"))
                        .setValue(bytes("1"))
                        .setCreateRevision(2)
                        .setModRevision(2)
                        .setVersion(1)
                        .build());
    }

    @Test
    void aRangeHonoursLimitOrderAndRevision() {
        for (String key : new String[] {"a", "b", "c"}) {
            api.kv().put(put(key, key));
        }

        RangeResponse last = api.kv()
                .range(range("a", "z").toBuilder()
                        .setLimit(1)
                        .setSortOrder(RangeRequest.SortOrder.DESCEND)
                        .build());
        RangeResponse former =
                api.kv().range(range("a", "z").toBuilder().setRevision(3).build());

        assertThat(last.getKvsList()).extracting(KeyValue::getKey).containsExactly(bytes("c"));
        assertThat(last.getMore()).isTrue();
        assertThat(last.getCount()).isEqualTo(3);
        assertThat(former.getKvsList()).extracting(KeyValue::getKey).containsExactly(bytes("a"), bytes("b"));
        assertThat(former.getHeader().getRevision()).isEqualTo(4);
    }

    @Test
    void aLinearizableReadWaitsForTheBarrierAndSeesTheStateAfterIt() throws Exception {
        CompletableFuture<Void> open = new CompletableFuture<>();
        api.replica.holdBarriers(open);
        ListenableFuture<RangeResponse> single =
                KVGrpc.newFutureStub(api.channel).range(range("a"));
        ListenableFuture<RangeResponse> many = KVGrpc.newFutureStub(api.channel).range(range("a", "z"));

        api.kv().put(put("a", "1"));
        assertThat(single.isDone()).isFalse();
        assertThat(many.isDone()).isFalse();
        open.complete(null);

        assertThat(single.get(20, TimeUnit.SECONDS).getKvs(0).getValue()).isEqualTo(bytes("1"));
        assertThat(many.get(20, TimeUnit.SECONDS).getCount()).isEqualTo(1);
    }

    @Test
    void aSerializableReadNeedsNoBarrier() {
        api.replica.holdBarriers(new CompletableFuture<>());

        RangeResponse response =
                api.kv().range(range("a").toBuilder().setSerializable(true).build());

        assertThat(response.getCount()).isZero();
        assertThat(api.replica.barriers).hasValue(0);
    }

    @Test
    void aReadOnlyTransactionIsSerializableOnlyIfAllItsRangesAre() {
        RequestOp linearizable = operation(range("a"));
        RequestOp serializable =
                operation(range("a").toBuilder().setSerializable(true).build());

        api.kv()
                .txn(TxnRequest.newBuilder()
                        .addSuccess(serializable)
                        .addFailure(serializable)
                        .build());
        assertThat(api.replica.barriers).hasValue(0);
        api.kv()
                .txn(TxnRequest.newBuilder()
                        .addSuccess(serializable)
                        .addFailure(linearizable)
                        .build());
        assertThat(api.replica.barriers).hasValue(1);
        assertThat(api.replica.proposed).isEmpty();
    }

    @Test
    void responsesInsideATransactionHaveOnlyTheRevisionInTheirHeader() {
        TxnResponse response = api.kv()
                .txn(TxnRequest.newBuilder()
                        .addCompare(Compare.newBuilder()
                                .setKey(bytes("a"))
                                .setTarget(Compare.CompareTarget.CREATE)
                                .setCreateRevision(0))
                        .addSuccess(operation(put("a", "1")))
                        .addSuccess(operation(range("a")))
                        .addSuccess(RequestOp.newBuilder()
                                .setRequestTxn(TxnRequest.newBuilder().addSuccess(operation(range("a")))))
                        .addFailure(operation(range("a")))
                        .build());

        assertThat(response.getSucceeded()).isTrue();
        assertThat(response.getHeader().getMemberId()).isEqualTo(MemoryReplica.MEMBER_ID);
        assertThat(response.getResponses(0).getResponsePut().getHeader())
                .isEqualTo(ResponseHeader.newBuilder().setRevision(2).build());
        assertThat(response.getResponses(1).getResponseRange().getKvs(0).getValue())
                .isEqualTo(bytes("1"));
        assertThat(response.getResponses(2).getResponseTxn().getSucceeded()).isTrue();
        assertThat(response.getResponses(2).getResponseTxn().getHeader())
                .isEqualTo(ResponseHeader.getDefaultInstance());
    }

    @Test
    void aFailedCompareRunsTheFailureBranch() {
        api.kv().put(put("a", "1"));

        TxnResponse response = api.kv()
                .txn(TxnRequest.newBuilder()
                        .addCompare(Compare.newBuilder()
                                .setKey(bytes("a"))
                                .setTarget(Compare.CompareTarget.VALUE)
                                .setValue(bytes("2")))
                        .addSuccess(operation(put("a", "3")))
                        .addFailure(operation(range("a")))
                        .build());

        assertThat(response.getSucceeded()).isFalse();
        assertThat(response.getHeader().getRevision()).isEqualTo(2);
        assertThat(response.getResponses(0).getResponseRange().getKvs(0).getValue())
                .isEqualTo(bytes("1"));
    }

    @Test
    void anUnknownCompareIsRefused() {
        TxnRequest unknownResult = TxnRequest.newBuilder()
                .addCompare(Compare.newBuilder().setKey(bytes("a")).setResultValue(9))
                .addSuccess(operation(put("a", "1")))
                .build();
        TxnRequest unknownTarget = TxnRequest.newBuilder()
                .addCompare(Compare.newBuilder().setKey(bytes("a")).setTargetValue(9))
                .addSuccess(operation(put("a", "1")))
                .build();

        for (TxnRequest request : new TxnRequest[] {unknownResult, unknownTarget}) {
            assertRefused(
                    () -> api.kv().txn(request), Code.INVALID_ARGUMENT, "mandate: unknown result or target in compare");
        }
        assertThat(api.replica.proposed).isEmpty();
    }

    @Test
    void aLargeDeleteReturnsAllPreviousKeyValues() {
        for (int i = 0; i < 100; i++) {
            api.kv().put(put("k" + i, "v"));
        }

        DeleteRangeResponse response = api.kv()
                .deleteRange(DeleteRangeRequest.newBuilder()
                        .setKey(bytes("k"))
                        .setRangeEnd(bytes("l"))
                        .setPrevKv(true)
                        .build());

        assertThat(response.getDeleted()).isEqualTo(100);
        assertThat(response.getPrevKvsCount()).isEqualTo(100);
    }

    @Test
    @Timeout(60)
    void aPhysicalCompactionIsAnsweredWhenTheDataAreRemoved() throws Exception {
        api.kv().put(put("a", "1"));
        api.kv().put(put("a", "2"));

        ListenableFuture<CompactionResponse> physical = KVGrpc.newFutureStub(api.channel)
                .compact(CompactionRequest.newBuilder()
                        .setRevision(3)
                        .setPhysical(true)
                        .build());
        // Data is removed only after the compaction is applied, which the response to another request does not show.
        while (api.replica.keyspace().compactedRevision() < 3) {
            LockSupport.parkNanos(1_000_000);
        }
        assertRefused(
                () -> api.kv()
                        .compact(CompactionRequest.newBuilder().setRevision(4).build()),
                Code.OUT_OF_RANGE,
                "etcdserver: mvcc: required revision is a future revision");
        assertThat(physical.isDone()).isFalse();
        api.replica.trim();

        assertThat(physical.get(20, TimeUnit.SECONDS).getHeader().getRevision()).isEqualTo(3);
        assertRefused(
                () -> api.kv().range(range("a").toBuilder().setRevision(2).build()),
                Code.OUT_OF_RANGE,
                "etcdserver: mvcc: required revision has been compacted");
    }

    @Test
    void aRepeatedRequestWithAnIdIsAppliedOnce() {
        api.lease()
                .leaseGrant(io.mandate.etcdapi.LeaseGrantRequest.newBuilder()
                        .setID(0xab)
                        .setTTL(60)
                        .build());
        KVGrpc.KVBlockingStub once = EtcdApiFixture.with(api.kv(), "mandate-request-id", "ab/1");

        PutResponse first = once.put(put("a", "1"));
        PutResponse again = once.put(put("a", "1"));

        assertThat(again).isEqualTo(first);
        assertThat(api.kv().range(range("a")).getKvs(0).getVersion()).isEqualTo(1);
    }

    @Test
    void aMalformedRequestIdIsRefusedWithTheExpectedForm() {
        for (String malformed : new String[] {"ab", "ab/0", "/1", "xy/1", "ab/-1", "ab/1/2", "0123456789abcdef0/1"}) {
            assertRefused(
                    () -> EtcdApiFixture.with(api.kv(), "mandate-request-id", malformed)
                            .put(put("a", "1")),
                    Code.INVALID_ARGUMENT,
                    "mandate: metadata mandate-request-id '" + malformed
                            + "' is not of the form LEASE/SEQUENCE: a lease id of up to 16 hexadecimal digits, "
                            + "and a number from 1");
        }
    }

    @Test
    void aCallThatRequiresALeaderFailsAtOnceWhenThereIsNone() {
        api.replica.leaderKnown(false);

        assertRefused(
                () -> EtcdApiFixture.with(api.kv(), "hasleader", "true").range(range("a")),
                Code.UNAVAILABLE,
                "etcdserver: no leader");
    }
}
