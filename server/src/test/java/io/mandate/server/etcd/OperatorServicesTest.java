package io.mandate.server.etcd;

import static io.mandate.server.etcd.EtcdApiFixture.assertRefused;
import static io.mandate.server.etcd.EtcdApiFixture.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.mandate.etcdapi.AlarmRequest;
import io.mandate.etcdapi.AlarmType;
import io.mandate.etcdapi.AuthEnableRequest;
import io.mandate.etcdapi.AuthStatusRequest;
import io.mandate.etcdapi.AuthUserAddRequest;
import io.mandate.etcdapi.AuthenticateRequest;
import io.mandate.etcdapi.DefragmentRequest;
import io.mandate.etcdapi.DefragmentResponse;
import io.mandate.etcdapi.DowngradeRequest;
import io.mandate.etcdapi.HashKVRequest;
import io.mandate.etcdapi.HashKVResponse;
import io.mandate.etcdapi.HashRequest;
import io.mandate.etcdapi.Member;
import io.mandate.etcdapi.MemberAddRequest;
import io.mandate.etcdapi.MemberListRequest;
import io.mandate.etcdapi.MemberListResponse;
import io.mandate.etcdapi.MemberPromoteRequest;
import io.mandate.etcdapi.MoveLeaderRequest;
import io.mandate.etcdapi.SnapshotRequest;
import io.mandate.etcdapi.SnapshotResponse;
import io.mandate.etcdapi.StatusRequest;
import io.mandate.etcdapi.StatusResponse;
import io.mandate.keyspace.Keyspace;
import io.mandate.keyspace.api.Command;
import io.mandate.keyspace.api.KeyspaceLimits;
import io.mandate.keyspace.api.Request;
import io.mandate.keyspace.snapshot.KeyspaceSnapshotReader;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tests of the Cluster, Maintenance and Auth services. */
class OperatorServicesTest {
    private final EtcdApiFixture api = new EtcdApiFixture();

    @AfterEach
    void close() {
        api.close();
    }

    @Test
    void membersAreListedInTheOrderOfTheirUnsignedIdsAndWithoutARevision() {
        publish(-1, "third");
        publish(1, "first");
        publish(Long.MAX_VALUE, "second");

        MemberListResponse response = api.cluster().memberList(MemberListRequest.getDefaultInstance());
        assertThat(response.getMembersList()).extracting(Member::getName).containsExactly("first", "second", "third");
        assertThat(response.getMembers(0).getClientURLsList()).containsExactly("http://first:2379");
        assertThat(response.getHeader().getRevision()).isZero();
        assertThat(response.getHeader().getMemberId()).isEqualTo(MemoryReplica.MEMBER_ID);
        assertThat(api.replica.barriers).hasValue(0);

        api.cluster()
                .memberList(MemberListRequest.newBuilder().setLinearizable(true).build());
        assertThat(api.replica.barriers).hasValue(1);
    }

    private void publish(long id, String name) {
        api.replica.apply(Request.of(new Command.PublishMember(new io.mandate.keyspace.api.Member(
                id, name, List.of("http://" + name + ":2380"), List.of("http://" + name + ":2379")))));
    }

    @Test
    void statusReportsAVersionThatKubernetesTrustsAndTheErrors() {
        StatusResponse healthy = api.maintenance().status(StatusRequest.getDefaultInstance());
        assertThat(healthy.getVersion()).isEqualTo("3.5.30");
        assertThat(healthy.getLeader()).isEqualTo(MemoryReplica.MEMBER_ID);
        assertThat(healthy.getRaftIndex()).isEqualTo(11);
        assertThat(healthy.getRaftAppliedIndex()).isEqualTo(10);
        assertThat(healthy.getErrorsList()).isEmpty();

        api.maintenance().alarm(alarm(AlarmRequest.AlarmAction.ACTIVATE, AlarmType.NOSPACE));
        api.replica.leaderKnown(false);
        assertThat(api.maintenance().status(StatusRequest.getDefaultInstance()).getErrorsList())
                .containsExactly("etcdserver: no leader", "memberID:225 alarm:NOSPACE ");
    }

    private static AlarmRequest alarm(AlarmRequest.AlarmAction action, AlarmType type) {
        return AlarmRequest.newBuilder()
                .setAction(action)
                .setMemberID(MemoryReplica.MEMBER_ID)
                .setAlarm(type)
                .build();
    }

    @Test
    void anUnknownAlarmActionClearsNothing() {
        api.maintenance().alarm(alarm(AlarmRequest.AlarmAction.ACTIVATE, AlarmType.CORRUPT));

        assertRefused(
                () -> api.maintenance()
                        .alarm(alarm(AlarmRequest.AlarmAction.GET, AlarmType.CORRUPT).toBuilder()
                                .setActionValue(9)
                                .build()),
                Code.INVALID_ARGUMENT,
                "mandate: unknown action or kind of alarm");
        assertThat(api.replica.keyspace().alarms()).hasSize(1);
    }

    /** As in etcd 3.5.30. */
    @Test
    void onlyTheNamedAlarmIsClearedAndGetReturnsThoseOfAllMembers() {
        api.maintenance().alarm(alarm(AlarmRequest.AlarmAction.ACTIVATE, AlarmType.NOSPACE));

        AlarmRequest otherMember = alarm(AlarmRequest.AlarmAction.DEACTIVATE, AlarmType.NOSPACE).toBuilder()
                .setMemberID(0)
                .build();
        assertThat(api.maintenance().alarm(otherMember).getAlarmsCount()).isZero();
        assertThat(api.maintenance()
                        .alarm(alarm(AlarmRequest.AlarmAction.DEACTIVATE, AlarmType.NONE))
                        .getAlarmsCount())
                .isZero();
        assertThat(api.maintenance()
                        .alarm(AlarmRequest.newBuilder().setMemberID(6).build())
                        .getAlarmsCount())
                .isEqualTo(1);
    }

    @Test
    void aClearedAlarmIsReturnedOnce() {
        api.maintenance().alarm(alarm(AlarmRequest.AlarmAction.ACTIVATE, AlarmType.NOSPACE));

        AlarmRequest clear = alarm(AlarmRequest.AlarmAction.DEACTIVATE, AlarmType.NOSPACE);
        assertThat(api.maintenance().alarm(clear).getAlarmsCount()).isEqualTo(1);
        assertThat(api.maintenance().alarm(clear).getAlarmsCount()).isZero();
    }

    @Test
    void hashesMatchTheKeyspaceAndUnknownRevisionsAreRefused() {
        api.kv().put(put("a", "1"));
        HashKVResponse response = api.maintenance().hashKV(HashKVRequest.getDefaultInstance());

        assertThat(response.getHashRevision()).isEqualTo(2);
        assertThat(response.getCompactRevision()).isEqualTo(-1);
        assertThat(api.maintenance().hash(HashRequest.getDefaultInstance()).getHash())
                .isEqualTo(response.getHash());
        api.kv().put(put("a", "2"));
        assertThat(api.maintenance().hashKV(HashKVRequest.getDefaultInstance()).getHash())
                .isNotEqualTo(response.getHash());
        assertRefused(
                () -> api.maintenance()
                        .hashKV(HashKVRequest.newBuilder().setRevision(4).build()),
                Code.OUT_OF_RANGE,
                "etcdserver: mvcc: required revision is a future revision");
    }

    @Test
    void leadershipMovesOnlyToAMember() {
        assertRefused(
                () -> api.maintenance()
                        .moveLeader(
                                MoveLeaderRequest.newBuilder().setTargetID(5).build()),
                Code.FAILED_PRECONDITION,
                "etcdserver: bad leader transferee");
        api.maintenance()
                .moveLeader(MoveLeaderRequest.newBuilder()
                        .setTargetID(MemoryReplica.MEMBER_ID)
                        .build());
    }

    @Test
    void aSnapshotIsWholeBlocksFollowedByTheirDigestAndRestoresTheKeyspace() throws Exception {
        for (int i = 0; i < 40; i++) {
            api.kv().put(put("k" + i, "v".repeat(20_000 + i)));
        }
        List<SnapshotResponse> messages = new ArrayList<>();
        api.maintenance().snapshot(SnapshotRequest.getDefaultInstance()).forEachRemaining(messages::add);

        List<SnapshotResponse> data = messages.subList(0, messages.size() - 1);
        long size = data.stream().mapToLong(message -> message.getBlob().size()).sum();
        assertThat(size).isGreaterThan(800_000);
        assertThat(size % 512).isZero();
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        KeyspaceSnapshotReader reader = new KeyspaceSnapshotReader(KeyspaceLimits.DEFAULT);
        long sent = 0;
        ByteString all = ByteString.EMPTY;
        for (SnapshotResponse message : data) {
            sent += message.getBlob().size();
            assertThat(message.getRemainingBytes()).isEqualTo(size - sent);
            digest.update(message.getBlob().toByteArray());
            all = all.concat(message.getBlob());
        }
        assertThat(messages.get(messages.size() - 1).getBlob()).isEqualTo(ByteString.copyFrom(digest.digest()));
        int end = all.size();
        while (all.byteAt(end - 1) == 0) {
            end--;
        }
        reader.accept(ByteBuffer.wrap(all.substring(0, end).toByteArray()));
        Keyspace restored = Keyspace.restore(reader);
        assertThat(restored.hashKv(0)).isEqualTo(api.replica.keyspace().hashKv(0));
    }

    @Test
    void defragmentSucceedsWithoutEffect() {
        assertThat(api.maintenance().defragment(DefragmentRequest.getDefaultInstance()))
                .isEqualTo(DefragmentResponse.getDefaultInstance());
    }

    @Test
    void authenticationIsReportedAsDisabled() {
        assertThat(api.auth().authStatus(AuthStatusRequest.getDefaultInstance()))
                .satisfies(status -> {
                    assertThat(status.getEnabled()).isFalse();
                    assertThat(status.getAuthRevision()).isEqualTo(1);
                });
        assertRefused(
                () -> api.auth()
                        .authenticate(AuthenticateRequest.newBuilder()
                                .setName("root")
                                .setPassword("x")
                                .build()),
                Code.FAILED_PRECONDITION,
                "etcdserver: authentication is not enabled");
    }

    @Test
    void unimplementedMethodsAreRefusedByName() {
        assertUnimplemented(() -> api.cluster().memberAdd(MemberAddRequest.getDefaultInstance()), "Cluster/MemberAdd");
        assertUnimplemented(
                () -> api.cluster().memberPromote(MemberPromoteRequest.getDefaultInstance()), "Cluster/MemberPromote");
        assertUnimplemented(
                () -> api.maintenance().downgrade(DowngradeRequest.getDefaultInstance()), "Maintenance/Downgrade");
        assertUnimplemented(() -> api.auth().authEnable(AuthEnableRequest.getDefaultInstance()), "Auth/AuthEnable");
        assertUnimplemented(() -> api.auth().userAdd(AuthUserAddRequest.getDefaultInstance()), "Auth/UserAdd");
    }

    private static void assertUnimplemented(ThrowingCallable call, String method) {
        StatusRuntimeException refusal = catchThrowableOfType(StatusRuntimeException.class, call);
        assertThat(refusal).as(method).isNotNull();
        assertThat(refusal.getStatus().getCode()).isEqualTo(Code.UNIMPLEMENTED);
        assertThat(refusal.getStatus().getDescription()).contains("etcdserverpb." + method);
    }
}
