package io.mandate.server.etcd;

import static io.mandate.server.etcd.EtcdApiFixture.assertRefused;
import static io.mandate.server.etcd.EtcdApiFixture.bytes;
import static io.mandate.server.etcd.EtcdApiFixture.operation;
import static io.mandate.server.etcd.EtcdApiFixture.put;
import static io.mandate.server.etcd.EtcdApiFixture.range;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status.Code;
import io.mandate.etcdapi.AlarmMember;
import io.mandate.etcdapi.AlarmRequest;
import io.mandate.etcdapi.AlarmType;
import io.mandate.etcdapi.DeleteRangeRequest;
import io.mandate.etcdapi.LeaseGrantRequest;
import io.mandate.etcdapi.RequestOp;
import io.mandate.etcdapi.TxnRequest;
import org.junit.jupiter.api.Test;

class LimitsTest {
    private static final String NO_SPACE = "etcdserver: mvcc: database space exceeded";

    @Test
    void beyondTheQuotaWritesAreRefusedUntilTheAlarmIsClearedWhileReadsAndDeletesAreServed() {
        try (EtcdApiFixture api = new EtcdApiFixture(10_000)) {
            api.kv().put(put("a", "1"));
            String large = "x".repeat(20_000);

            assertRefused(() -> api.kv().put(put("b", large)), Code.RESOURCE_EXHAUSTED, NO_SPACE);
            assertRefused(() -> api.kv().put(put("b", "small")), Code.RESOURCE_EXHAUSTED, NO_SPACE);
            assertRefused(
                    () -> api.kv()
                            .txn(TxnRequest.newBuilder()
                                    .addSuccess(operation(put("b", "small")))
                                    .build()),
                    Code.RESOURCE_EXHAUSTED,
                    NO_SPACE);
            assertRefused(
                    () -> api.lease()
                            .leaseGrant(
                                    LeaseGrantRequest.newBuilder().setTTL(60).build()),
                    Code.RESOURCE_EXHAUSTED,
                    NO_SPACE);
            AlarmMember alarm = AlarmMember.newBuilder()
                    .setMemberID(MemoryReplica.MEMBER_ID)
                    .setAlarm(AlarmType.NOSPACE)
                    .build();
            assertThat(api.maintenance()
                            .alarm(AlarmRequest.getDefaultInstance())
                            .getAlarmsList())
                    .containsExactly(alarm);
            assertThat(api.kv().range(range("a")).getCount()).isEqualTo(1);
            assertThat(api.kv()
                            .deleteRange(DeleteRangeRequest.newBuilder()
                                    .setKey(bytes("a"))
                                    .build())
                            .getDeleted())
                    .isEqualTo(1);

            api.maintenance()
                    .alarm(AlarmRequest.newBuilder()
                            .setAction(AlarmRequest.AlarmAction.DEACTIVATE)
                            .setMemberID(alarm.getMemberID())
                            .setAlarm(alarm.getAlarm())
                            .build());
            assertThat(api.kv().put(put("b", "small")).hasHeader()).isTrue();
        }
    }

    @Test
    void theQuotaAlarmIsProposedOnceForAnyNumberOfRefusedWrites() {
        try (EtcdApiFixture api = new EtcdApiFixture(10)) {
            for (int i = 0; i < 3; i++) {
                assertRefused(() -> api.kv().put(put("a", "x".repeat(100))), Code.RESOURCE_EXHAUSTED, NO_SPACE);
            }
            assertThat(api.replica.proposed).hasSize(1);
        }
    }

    @Test
    void theLimitOfOperationsInATransactionIncludesNestedOnes() {
        try (EtcdApiFixture api = new EtcdApiFixture()) {
            assertThat(api.kv().txn(reads(EtcdApiFixture.OPERATIONS_MAX)).getResponsesCount())
                    .isEqualTo(EtcdApiFixture.OPERATIONS_MAX);
            String text = "etcdserver: too many operations in txn request";
            assertRefused(() -> api.kv().txn(reads(EtcdApiFixture.OPERATIONS_MAX + 1)), Code.INVALID_ARGUMENT, text);
            TxnRequest nested = TxnRequest.newBuilder()
                    .addSuccess(RequestOp.newBuilder().setRequestTxn(reads(EtcdApiFixture.OPERATIONS_MAX)))
                    .build();
            assertRefused(() -> api.kv().txn(nested), Code.INVALID_ARGUMENT, text);
        }
    }

    private static TxnRequest reads(int count) {
        TxnRequest.Builder reads = TxnRequest.newBuilder();
        for (int i = 0; i < count; i++) {
            reads.addSuccess(operation(range("k" + i)));
        }
        return reads.build();
    }
}
