package io.mandate.server.etcd.maintenance;

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
import io.mandate.keyspace.Keyspace;
import io.mandate.keyspace.api.Alarm;
import io.mandate.keyspace.api.Command;
import io.mandate.keyspace.api.HashKv;
import io.mandate.keyspace.api.Request;
import io.mandate.server.etcd.call.EtcdApiOptions;
import io.mandate.server.etcd.call.EtcdErrors;
import io.mandate.server.etcd.call.Headers;
import io.mandate.server.etcd.call.UnaryResponses;
import io.mandate.server.raft.Replica;
import io.mandate.server.raft.ReplicaStatus;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** The Maintenance service: the status of a node, alarms, hashes, hand-over of leadership, snapshots. */
public final class MaintenanceService extends MaintenanceGrpc.MaintenanceImplBase {
    /** The approximate size of a store without keys; clients expect a size above 0 (etcd's smallest is 20 KiB). */
    private static final long EMPTY_STORE_BYTES = 4 << 10;

    private final Replica replica;
    private final Headers headers;
    private final Executor largeReads;

    /**
     * Creates the service.
     *
     * @param largeReads the executor for hashes and snapshots
     */
    public MaintenanceService(Replica replica, Headers headers, Executor largeReads) {
        this.replica = replica;
        this.headers = headers;
        this.largeReads = largeReads;
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
        CompletableFuture<List<Alarm>> result = switch (request.getAction()) {
            case GET -> replica.readBarrier().thenApply(read -> activeAlarms(request.getAlarm()));
            case ACTIVATE -> set(requestedAlarms(request), true);
            case DEACTIVATE -> replica.readBarrier().thenCompose(read -> set(requestedAndActive(request), false));
            case UNRECOGNIZED -> CompletableFuture.failedFuture(EtcdErrors.UNKNOWN_ALARM_ACTION.asRuntimeException());
        };
        UnaryResponses.send(result, responses, this::alarms);
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

    private static List<Alarm> requestedAlarms(AlarmRequest request) {
        return switch (request.getAlarm()) {
            case NOSPACE -> List.of(new Alarm(request.getMemberID(), Alarm.Kind.NO_SPACE));
            case CORRUPT -> List.of(new Alarm(request.getMemberID(), Alarm.Kind.CORRUPT));
            default -> List.of();
        };
    }

    /** The active alarms of a kind, or of all kinds; of all members, like etcd. */
    private List<Alarm> activeAlarms(AlarmType type) {
        return replica.keyspace().alarms().stream()
                .filter(alarm -> type == AlarmType.NONE || type == wire(alarm.kind()))
                .toList();
    }

    /** The alarms that a request clears: those it names that are active. */
    private List<Alarm> requestedAndActive(AlarmRequest request) {
        return requestedAlarms(request).stream()
                .filter(replica.keyspace().alarms()::contains)
                .toList();
    }

    /** No effect: memory is released as history is removed. Succeeds, so that operators' scripts continue. */
    @Override
    public void defragment(DefragmentRequest request, StreamObserver<DefragmentResponse> responses) {
        responses.onNext(DefragmentResponse.getDefaultInstance());
        responses.onCompleted();
    }

    @Override
    public void hash(HashRequest request, StreamObserver<HashResponse> responses) {
        UnaryResponses.send(
                CompletableFuture.supplyAsync(() -> hashed(0), largeReads),
                responses,
                hashed -> HashResponse.newBuilder()
                        .setHeader(headers.at(hashed.revision()))
                        .setHash(hashed.hash())
                        .build());
    }

    @Override
    public void hashKV(HashKVRequest request, StreamObserver<HashKVResponse> responses) {
        UnaryResponses.send(
                CompletableFuture.supplyAsync(() -> hashed(request.getRevision()), largeReads),
                responses,
                hashed -> HashKVResponse.newBuilder()
                        .setHeader(headers.at(hashed.revision()))
                        .setHash(hashed.hash())
                        .setCompactRevision(hashed.compactedRevision())
                        .setHashRevision(hashed.hashRevision())
                        .build());
    }

    private HashKv.Hashed hashed(long revision) {
        HashKv result = replica.keyspace().hashKv(revision);
        if (result instanceof HashKv.Refused refused) {
            throw EtcdErrors.of(refused.reason()).asRuntimeException();
        }
        return (HashKv.Hashed) result;
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
        SnapshotCall call = new SnapshotCall(stream, largeReads);
        replica.snapshot().whenComplete(call::start);
    }
}
