package io.mandate.server.etcd;

import static io.mandate.server.etcd.Door.assertRefused;
import static io.mandate.server.etcd.Door.put;
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
import io.mandate.keyspace.Command;
import io.mandate.keyspace.Keyspace;
import io.mandate.keyspace.KeyspaceLimits;
import io.mandate.keyspace.KeyspaceSnapshotReader;
import io.mandate.keyspace.Request;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Cluster, Maintenance and Auth. */
class OperatorServicesTest {
    private final Door door = new Door();

    @AfterEach
    void close() {
        door.close();
    }

    @Test
    void membersAreListedInTheOrderOfTheirUnsignedIdsAndWithoutARevision() {
        publish(-1, "third");
        publish(1, "first");
        publish(Long.MAX_VALUE, "second");

        MemberListResponse answer = door.cluster().memberList(MemberListRequest.getDefaultInstance());
        assertThat(answer.getMembersList()).extracting(Member::getName).containsExactly("first", "second", "third");
        assertThat(answer.getMembers(0).getClientURLsList()).containsExactly("http://first:2379");
        assertThat(answer.getHeader().getRevision()).isZero();
        assertThat(answer.getHeader().getMemberId()).isEqualTo(MemoryReplica.MEMBER_ID);
        assertThat(door.replica.barriers).hasValue(0);

        door.cluster()
                .memberList(MemberListRequest.newBuilder().setLinearizable(true).build());
        assertThat(door.replica.barriers).hasValue(1);
    }

    private void publish(long id, String name) {
        door.replica.apply(Request.of(new Command.PublishMember(new io.mandate.keyspace.Member(
                id, name, List.of("http://" + name + ":2380"), List.of("http://" + name + ":2379")))));
    }

    @Test
    void statusTellsAVersionThatKubernetesTrustsAndWhatIsWrong() {
        StatusResponse well = door.maintenance().status(StatusRequest.getDefaultInstance());
        assertThat(well.getVersion()).isEqualTo("3.5.30");
        assertThat(well.getLeader()).isEqualTo(MemoryReplica.MEMBER_ID);
        assertThat(well.getRaftIndex()).isEqualTo(11);
        assertThat(well.getRaftAppliedIndex()).isEqualTo(10);
        assertThat(well.getErrorsList()).isEmpty();

        door.maintenance().alarm(alarm(AlarmRequest.AlarmAction.ACTIVATE, AlarmType.NOSPACE));
        door.replica.leaderKnown(false);
        assertThat(door.maintenance().status(StatusRequest.getDefaultInstance()).getErrorsList())
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
    void anAlarmActionThatCannotBeUnderstoodClearsNothing() {
        door.maintenance().alarm(alarm(AlarmRequest.AlarmAction.ACTIVATE, AlarmType.CORRUPT));

        assertRefused(
                () -> door.maintenance()
                        .alarm(alarm(AlarmRequest.AlarmAction.GET, AlarmType.CORRUPT).toBuilder()
                                .setActionValue(9)
                                .build()),
                Code.INVALID_ARGUMENT,
                "mandate: unknown action or kind of alarm");
        assertThat(door.replica.keyspace().alarms()).hasSize(1);
    }

    /** As seen with etcd 3.5.30. */
    @Test
    void onlyTheAlarmThatIsNamedIsClearedAndAQuestionShowsThoseOfAllMembers() {
        door.maintenance().alarm(alarm(AlarmRequest.AlarmAction.ACTIVATE, AlarmType.NOSPACE));

        AlarmRequest otherMember = alarm(AlarmRequest.AlarmAction.DEACTIVATE, AlarmType.NOSPACE).toBuilder()
                .setMemberID(0)
                .build();
        assertThat(door.maintenance().alarm(otherMember).getAlarmsCount()).isZero();
        assertThat(door.maintenance()
                        .alarm(alarm(AlarmRequest.AlarmAction.DEACTIVATE, AlarmType.NONE))
                        .getAlarmsCount())
                .isZero();
        assertThat(door.maintenance()
                        .alarm(AlarmRequest.newBuilder().setMemberID(6).build())
                        .getAlarmsCount())
                .isEqualTo(1);
    }

    @Test
    void aClearedAlarmIsNamedOnceAndThenNoMore() {
        door.maintenance().alarm(alarm(AlarmRequest.AlarmAction.ACTIVATE, AlarmType.NOSPACE));

        AlarmRequest clear = alarm(AlarmRequest.AlarmAction.DEACTIVATE, AlarmType.NOSPACE);
        assertThat(door.maintenance().alarm(clear).getAlarmsCount()).isEqualTo(1);
        assertThat(door.maintenance().alarm(clear).getAlarmsCount()).isZero();
    }

    @Test
    void hashesAgreeWithTheKeyspaceAndRefuseRevisionsThatAreNotThere() {
        door.kv().put(put("a", "1"));
        HashKVResponse answer = door.maintenance().hashKV(HashKVRequest.getDefaultInstance());

        assertThat(answer.getHashRevision()).isEqualTo(2);
        assertThat(answer.getCompactRevision()).isEqualTo(-1);
        assertThat(door.maintenance().hash(HashRequest.getDefaultInstance()).getHash())
                .isEqualTo(answer.getHash());
        door.kv().put(put("a", "2"));
        assertThat(door.maintenance().hashKV(HashKVRequest.getDefaultInstance()).getHash())
                .isNotEqualTo(answer.getHash());
        assertRefused(
                () -> door.maintenance()
                        .hashKV(HashKVRequest.newBuilder().setRevision(4).build()),
                Code.OUT_OF_RANGE,
                "etcdserver: mvcc: required revision is a future revision");
    }

    @Test
    void leadershipGoesOnlyToAMember() {
        assertRefused(
                () -> door.maintenance()
                        .moveLeader(
                                MoveLeaderRequest.newBuilder().setTargetID(5).build()),
                Code.FAILED_PRECONDITION,
                "etcdserver: bad leader transferee");
        door.maintenance()
                .moveLeader(MoveLeaderRequest.newBuilder()
                        .setTargetID(MemoryReplica.MEMBER_ID)
                        .build());
    }

    @Test
    void aBackupIsWholeBlocksThenTheDigestOfThemAndReadsBackAsTheKeyspace() throws Exception {
        for (int i = 0; i < 40; i++) {
            door.kv().put(put("k" + i, "v".repeat(20_000 + i)));
        }
        List<SnapshotResponse> messages = new ArrayList<>();
        door.maintenance().snapshot(SnapshotRequest.getDefaultInstance()).forEachRemaining(messages::add);

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
        Keyspace restored = reader.finish();
        assertThat(restored.hashKv(0)).isEqualTo(door.replica.keyspace().hashKv(0));
    }

    @Test
    void defragmentingIsAnsweredSinceThereIsNothingToDo() {
        assertThat(door.maintenance().defragment(DefragmentRequest.getDefaultInstance()))
                .isEqualTo(DefragmentResponse.getDefaultInstance());
    }

    @Test
    void authenticationIsOffAndSaysSoAsClientsExpect() {
        assertThat(door.auth().authStatus(AuthStatusRequest.getDefaultInstance()))
                .satisfies(status -> {
                    assertThat(status.getEnabled()).isFalse();
                    assertThat(status.getAuthRevision()).isEqualTo(1);
                });
        assertRefused(
                () -> door.auth()
                        .authenticate(AuthenticateRequest.newBuilder()
                                .setName("root")
                                .setPassword("x")
                                .build()),
                Code.FAILED_PRECONDITION,
                "etcdserver: authentication is not enabled");
    }

    @Test
    void whatIsNotServedIsRefusedByName() {
        assertNotServed(() -> door.cluster().memberAdd(MemberAddRequest.getDefaultInstance()), "Cluster/MemberAdd");
        assertNotServed(
                () -> door.cluster().memberPromote(MemberPromoteRequest.getDefaultInstance()), "Cluster/MemberPromote");
        assertNotServed(
                () -> door.maintenance().downgrade(DowngradeRequest.getDefaultInstance()), "Maintenance/Downgrade");
        assertNotServed(() -> door.auth().authEnable(AuthEnableRequest.getDefaultInstance()), "Auth/AuthEnable");
        assertNotServed(() -> door.auth().userAdd(AuthUserAddRequest.getDefaultInstance()), "Auth/UserAdd");
    }

    private static void assertNotServed(ThrowingCallable call, String method) {
        StatusRuntimeException refusal = catchThrowableOfType(StatusRuntimeException.class, call);
        assertThat(refusal).as(method).isNotNull();
        assertThat(refusal.getStatus().getCode()).isEqualTo(Code.UNIMPLEMENTED);
        assertThat(refusal.getStatus().getDescription()).contains("etcdserverpb." + method);
    }
}
