package io.mandate.server.etcd;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.mandate.etcdapi.AlarmMember;
import io.mandate.etcdapi.AlarmRequest;
import io.mandate.etcdapi.AlarmResponse;
import io.mandate.etcdapi.AlarmType;
import io.mandate.etcdapi.DefragmentRequest;
import io.mandate.etcdapi.DefragmentResponse;
import io.mandate.etcdapi.HashKVRequest;
import io.mandate.etcdapi.HashKVResponse;
import io.mandate.etcdapi.HashRequest;
import io.mandate.etcdapi.HashResponse;
import io.mandate.etcdapi.MaintenanceGrpc;
import io.mandate.etcdapi.MoveLeaderRequest;
import io.mandate.etcdapi.MoveLeaderResponse;
import io.mandate.etcdapi.SnapshotRequest;
import io.mandate.etcdapi.SnapshotResponse;
import io.mandate.etcdapi.StatusRequest;
import io.mandate.etcdapi.StatusResponse;
import io.mandate.keyspace.Alarm;
import io.mandate.keyspace.Command;
import io.mandate.keyspace.HashKv;
import io.mandate.keyspace.Keyspace;
import io.mandate.keyspace.Request;
import io.mandate.server.raft.Replica;
import io.mandate.server.raft.ReplicaStatus;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** The Maintenance service: how a node is, alarms, hashes, hand-over of leadership, backups. */
final class MaintenanceService extends MaintenanceGrpc.MaintenanceImplBase {
    /**
     * What a store without keys takes up, about; clients expect that a store has a size (etcd's smallest is 20 KiB).
     */
    private static final long EMPTY_STORE_BYTES = 4 << 10;

    private final Replica replica;
    private final Headers headers;
    private final Executor slow;

    /**
     * Makes the service.
     *
     * @param slow where hashes and backups are made
     */
    MaintenanceService(Replica replica, Headers headers, Executor slow) {
        this.replica = replica;
        this.headers = headers;
        this.slow = slow;
    }

    @Override
    public void status(StatusRequest request, StreamObserver<StatusResponse> responses) {
        ReplicaStatus status = replica.status();
        Keyspace keyspace = replica.keyspace();
        StatusResponse.Builder response = StatusResponse.newBuilder()
                .setHeader(headers.now())
                .setVersion(EtcdApiOptions.ETCD_VERSION)
                .setDbSize(EMPTY_STORE_BYTES + keyspace.sizeBytes())
                .setDbSizeInUse(EMPTY_STORE_BYTES + keyspace.sizeInUseBytes())
                .setLeader(status.leaderId())
                .setRaftIndex(status.committedIndex())
                .setRaftTerm(status.term())
                .setRaftAppliedIndex(status.appliedIndex());
        if (!status.hasLeader()) {
            response.addErrors("etcdserver: no leader");
        }
        keyspace.alarms()
                .forEach(alarm -> response.addErrors(
                        "memberID:" + Long.toUnsignedString(alarm.memberId()) + " alarm:" + wire(alarm.kind()) + " "));
        responses.onNext(response.build());
        responses.onCompleted();
    }

    private static AlarmType wire(Alarm.Kind kind) {
        return switch (kind) {
            case NO_SPACE -> AlarmType.NOSPACE;
            case CORRUPT -> AlarmType.CORRUPT;
        };
    }

    @Override
    public void alarm(AlarmRequest request, StreamObserver<AlarmResponse> responses) {
        CompletableFuture<List<Alarm>> answer = switch (request.getAction()) {
            case GET -> replica.readBarrier().thenApply(read -> standing(request.getAlarm()));
            case ACTIVATE -> set(asked(request), true);
            case DEACTIVATE -> replica.readBarrier().thenCompose(read -> set(askedAndStanding(request), false));
            case UNRECOGNIZED -> CompletableFuture.failedFuture(EtcdErrors.UNKNOWN_ALARM_ACTION.asRuntimeException());
        };
        UnaryResponses.send(answer, responses, this::alarms);
    }

    private CompletableFuture<List<Alarm>> set(List<Alarm> alarms, boolean active) {
        CompletableFuture<?>[] changes = alarms.stream()
                .map(alarm -> replica.propose(Request.of(new Command.SetAlarm(alarm, active))))
                .toArray(CompletableFuture<?>[]::new);
        return CompletableFuture.allOf(changes).thenApply(done -> alarms);
    }

    private AlarmResponse alarms(List<Alarm> alarms) {
        AlarmResponse.Builder response = AlarmResponse.newBuilder().setHeader(headers.now());
        alarms.forEach(alarm -> response.addAlarms(
                AlarmMember.newBuilder().setMemberID(alarm.memberId()).setAlarm(wire(alarm.kind()))));
        return response.build();
    }

    private static List<Alarm> asked(AlarmRequest request) {
        return switch (request.getAlarm()) {
            case NOSPACE -> List.of(new Alarm(request.getMemberID(), Alarm.Kind.NO_SPACE));
            case CORRUPT -> List.of(new Alarm(request.getMemberID(), Alarm.Kind.CORRUPT));
            default -> List.of();
        };
    }

    /** The standing alarms of a kind, or of all kinds: like etcd, whatever member the question names. */
    private List<Alarm> standing(AlarmType type) {
        return replica.keyspace().alarms().stream()
                .filter(alarm -> type == AlarmType.NONE || type == wire(alarm.kind()))
                .toList();
    }

    /** What a request to clear is about, as far as it stands: nothing is cleared that was not named. */
    private List<Alarm> askedAndStanding(AlarmRequest request) {
        return asked(request).stream()
                .filter(replica.keyspace().alarms()::contains)
                .toList();
    }

    /** Nothing to do: memory is given back as history is trimmed. Answered, so that operators' scripts go on. */
    @Override
    public void defragment(DefragmentRequest request, StreamObserver<DefragmentResponse> responses) {
        responses.onNext(DefragmentResponse.getDefaultInstance());
        responses.onCompleted();
    }

    @Override
    public void hash(HashRequest request, StreamObserver<HashResponse> responses) {
        UnaryResponses.send(
                CompletableFuture.supplyAsync(() -> hashed(0), slow),
                responses,
                hashed -> HashResponse.newBuilder()
                        .setHeader(headers.at(hashed.revision()))
                        .setHash(hashed.hash())
                        .build());
    }

    @Override
    public void hashKV(HashKVRequest request, StreamObserver<HashKVResponse> responses) {
        UnaryResponses.send(
                CompletableFuture.supplyAsync(() -> hashed(request.getRevision()), slow),
                responses,
                hashed -> HashKVResponse.newBuilder()
                        .setHeader(headers.at(hashed.revision()))
                        .setHash(hashed.hash())
                        .setCompactRevision(hashed.compactedRevision())
                        .setHashRevision(hashed.hashRevision())
                        .build());
    }

    private HashKv.Hashed hashed(long revision) {
        HashKv answer = replica.keyspace().hashKv(revision);
        if (answer instanceof HashKv.Refused refused) {
            throw EtcdErrors.of(refused.reason()).asRuntimeException();
        }
        return (HashKv.Hashed) answer;
    }

    @Override
    public void moveLeader(MoveLeaderRequest request, StreamObserver<MoveLeaderResponse> responses) {
        UnaryResponses.send(
                replica.moveLeader(request.getTargetID()),
                responses,
                moved ->
                        MoveLeaderResponse.newBuilder().setHeader(headers.at(0)).build());
    }

    @Override
    public void snapshot(SnapshotRequest request, StreamObserver<SnapshotResponse> responses) {
        ServerCallStreamObserver<SnapshotResponse> stream = (ServerCallStreamObserver<SnapshotResponse>) responses;
        SnapshotCall backup = new SnapshotCall(stream, slow);
        replica.snapshot().whenComplete(backup::begin);
    }
}
