package io.mandate.server.etcd;

import static io.mandate.server.etcd.EtcdApiFixture.assertRefused;
import static io.mandate.server.etcd.EtcdApiFixture.bytes;
import static io.mandate.server.etcd.EtcdApiFixture.operation;
import static io.mandate.server.etcd.EtcdApiFixture.put;
import static io.mandate.server.etcd.EtcdApiFixture.range;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.Status.Code;
import io.mandate.etcdapi.DeleteRangeRequest;
import io.mandate.etcdapi.RequestOp;
import io.mandate.etcdapi.TxnRequest;
import io.mandate.keyspace.api.Outcome.Refused.Reason;
import io.mandate.server.etcd.call.EtcdErrors;
import io.mandate.server.raft.ReplicationException.Kind;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The codes and texts on the wire, which clients match on. */
class EtcdErrorsTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "KEY_NOT_FOUND | INVALID_ARGUMENT | etcdserver: key not found",
                "LEASE_NOT_FOUND | NOT_FOUND | etcdserver: requested lease not found",
                "LEASE_EXISTS | FAILED_PRECONDITION | etcdserver: lease already exists",
                "REVISION_COMPACTED | OUT_OF_RANGE | etcdserver: mvcc: required revision has been compacted",
                "REVISION_IN_FUTURE | OUT_OF_RANGE | etcdserver: mvcc: required revision is a future revision",
                "NO_SPACE | RESOURCE_EXHAUSTED | etcdserver: mvcc: database space exceeded",
                "CORRUPT | DATA_LOSS | etcdserver: corrupt cluster",
                "STALE_TERM | UNAVAILABLE | etcdserver: leader changed",
            })
    void refusalsOfTheKeyspaceHaveEtcdsCodeAndText(Reason reason, Code code, String text) {
        assertStatus(EtcdErrors.of(reason), code, text);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "NO_LEADER | UNAVAILABLE | etcdserver: request timed out",
                "TIMED_OUT | UNAVAILABLE | etcdserver: request timed out",
                "LEADER_CHANGED | UNAVAILABLE | etcdserver: request timed out, possibly due to previous leader failure",
                "TOO_MANY_REQUESTS | UNKNOWN | etcdserver: too many requests",
                "REQUEST_TOO_LARGE | INVALID_ARGUMENT | etcdserver: request is too large",
                "NOT_LEADER | FAILED_PRECONDITION | etcdserver: not leader",
                "BAD_TRANSFEREE | FAILED_PRECONDITION | etcdserver: bad leader transferee",
                "STOPPED | UNAVAILABLE | etcdserver: server stopped",
            })
    void failuresOfReplicationHaveEtcdsCodeAndTextOnReadsAndWrites(Kind kind, Code code, String text) {
        try (EtcdApiFixture api = new EtcdApiFixture()) {
            api.replica.failWith(kind);

            assertRefused(() -> api.kv().put(put("a", "1")), code, text);
            assertRefused(() -> api.kv().range(range("a")), code, text);
            assertRefused(() -> api.kv().range(range("a", "z")), code, text);
        }
    }

    @Test
    void malformedRequestsAreRefusedWithEtcdsTextsInEtcdsOrder() {
        try (EtcdApiFixture api = new EtcdApiFixture()) {
            String noKey = "etcdserver: key is not provided";
            assertRefused(() -> api.kv().put(put("", "1")), Code.INVALID_ARGUMENT, noKey);
            assertRefused(
                    () -> api.kv().deleteRange(DeleteRangeRequest.getDefaultInstance()), Code.INVALID_ARGUMENT, noKey);
            assertRefused(
                    () -> api.kv()
                            .range(range("").toBuilder().setSortOrderValue(9).build()),
                    Code.INVALID_ARGUMENT,
                    noKey);
            assertRefused(
                    () -> api.kv()
                            .range(range("a").toBuilder().setSortOrderValue(9).build()),
                    Code.INVALID_ARGUMENT,
                    "etcdserver: invalid sort option");
            assertRefused(
                    () -> api.kv()
                            .put(put("a", "1").toBuilder().setIgnoreValue(true).build()),
                    Code.INVALID_ARGUMENT,
                    "etcdserver: value is provided");
            assertRefused(
                    () -> api.kv()
                            .put(put("a", "").toBuilder()
                                    .setLease(7)
                                    .setIgnoreLease(true)
                                    .build()),
                    Code.INVALID_ARGUMENT,
                    "etcdserver: lease is provided");
            assertRefused(
                    () -> api.kv()
                            .put(put("a", "").toBuilder().setIgnoreValue(true).build()),
                    Code.INVALID_ARGUMENT,
                    "etcdserver: key not found");
            assertThat(api.kv().range(range("a")).getCount()).isZero();
        }
    }

    @Test
    void malformedTransactionsAreRefusedWithEtcdsTexts() {
        try (EtcdApiFixture api = new EtcdApiFixture()) {
            TxnRequest empty = TxnRequest.newBuilder()
                    .addSuccess(RequestOp.getDefaultInstance())
                    .build();
            assertRefused(() -> api.kv().txn(empty), Code.INVALID_ARGUMENT, "etcdserver: key not found");
            TxnRequest twice = TxnRequest.newBuilder()
                    .addSuccess(operation(put("a", "1")))
                    .addSuccess(operation(
                            DeleteRangeRequest.newBuilder().setKey(bytes("a")).build()))
                    .build();
            assertRefused(
                    () -> api.kv().txn(twice), Code.INVALID_ARGUMENT, "etcdserver: duplicate key given in txn request");
            TxnRequest badFirst = TxnRequest.newBuilder()
                    .addSuccess(operation(put("", "1")))
                    .addSuccess(RequestOp.getDefaultInstance())
                    .build();
            assertRefused(() -> api.kv().txn(badFirst), Code.INVALID_ARGUMENT, "etcdserver: key is not provided");
            TxnRequest twiceAndBad = TxnRequest.newBuilder()
                    .addSuccess(RequestOp.newBuilder().setRequestTxn(twice))
                    .addSuccess(operation(range("")))
                    .build();
            assertRefused(() -> api.kv().txn(twiceAndBad), Code.INVALID_ARGUMENT, "etcdserver: key is not provided");
        }
    }

    @Test
    void aFailureIsUnwrappedFromTheExceptionsOfFutures() {
        Throwable wrapped = new CompletionException(EtcdErrors.NO_LEADER.asRuntimeException());

        assertStatus(EtcdErrors.of(wrapped), Code.UNAVAILABLE, "etcdserver: no leader");
    }

    private static void assertStatus(Status status, Code code, String text) {
        assertThat(status.getCode()).isEqualTo(code);
        assertThat(status.getDescription()).isEqualTo(text);
    }
}
