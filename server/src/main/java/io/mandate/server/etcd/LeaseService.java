package io.mandate.server.etcd;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.mandate.etcdapi.LeaseGrantRequest;
import io.mandate.etcdapi.LeaseGrantResponse;
import io.mandate.etcdapi.LeaseGrpc;
import io.mandate.etcdapi.LeaseKeepAliveRequest;
import io.mandate.etcdapi.LeaseKeepAliveResponse;
import io.mandate.etcdapi.LeaseLeasesRequest;
import io.mandate.etcdapi.LeaseLeasesResponse;
import io.mandate.etcdapi.LeaseRevokeRequest;
import io.mandate.etcdapi.LeaseRevokeResponse;
import io.mandate.etcdapi.LeaseStatus;
import io.mandate.etcdapi.LeaseTimeToLiveRequest;
import io.mandate.etcdapi.LeaseTimeToLiveResponse;
import io.mandate.keyspace.Command;
import io.mandate.keyspace.Lease;
import io.mandate.keyspace.Outcome;
import io.mandate.keyspace.Request;
import io.mandate.server.lease.LeaseKeeper;
import io.mandate.server.lease.LeaseTime;
import io.mandate.server.raft.Replica;
import java.util.Comparator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The Lease service. On the wire whole seconds with etcd's bounds; inside, and through Mandate's metadata,
 * milliseconds.
 */
final class LeaseService extends LeaseGrpc.LeaseImplBase {
    /** etcd's smallest: one and a half of its default election time-out, in whole seconds. */
    private static final long TTL_SECONDS_MIN = 2;

    private static final long TTL_SECONDS_MAX = 9_000_000_000L;

    private final Replica replica;
    private final LeaseKeeper keeper;
    private final Headers headers;
    private final SpaceQuota quota;
    private final RequireLeaderStreams needLeader;
    private final Executor slow;

    /**
     * Makes the service.
     *
     * @param slow where answers about many keys or leases are made, so that they hold up no thread of the engine
     */
    LeaseService(
            Replica replica,
            LeaseKeeper keeper,
            Headers headers,
            SpaceQuota quota,
            RequireLeaderStreams needLeader,
            Executor slow) {
        this.replica = replica;
        this.keeper = keeper;
        this.headers = headers;
        this.quota = quota;
        this.needLeader = needLeader;
        this.slow = slow;
    }

    @Override
    public void leaseGrant(LeaseGrantRequest request, StreamObserver<LeaseGrantResponse> responses) {
        if (Math.max(request.getTTL(), RequestMetadata.leaseTtlMillis().orElse(0) / 1000) > TTL_SECONDS_MAX) {
            responses.onError(EtcdErrors.TTL_TOO_LARGE.asRuntimeException());
            return;
        }
        long leaseId = request.getID() == 0 ? ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE) : request.getID();
        long ttlMillis = RequestMetadata.leaseTtlMillis().orElse(Math.max(request.getTTL(), TTL_SECONDS_MIN) * 1000);
        Request grant = new Request(new Command.LeaseGrant(leaseId, ttlMillis), RequestMetadata.requestId());
        try {
            quota.reserve(grant);
        } catch (RuntimeException refused) {
            responses.onError(refused);
            return;
        }
        UnaryResponses.send(replica.propose(grant), responses, outcome -> {
            Outcome.Granted granted = UnaryResponses.expect(outcome, Outcome.Granted.class);
            return LeaseGrantResponse.newBuilder()
                    .setHeader(headers.at(granted.revision()))
                    .setID(granted.leaseId())
                    .setTTL(secondsUp(granted.ttlMillis()))
                    .build();
        });
    }

    private static long secondsUp(long millis) {
        return (millis + 999) / 1000;
    }

    @Override
    public void leaseRevoke(LeaseRevokeRequest request, StreamObserver<LeaseRevokeResponse> responses) {
        Request revoke = new Request(new Command.LeaseRevoke(request.getID()), RequestMetadata.requestId());
        UnaryResponses.send(
                replica.propose(revoke),
                responses,
                outcome -> LeaseRevokeResponse.newBuilder()
                        .setHeader(headers.at(UnaryResponses.expect(outcome, Outcome.Done.class)
                                .revision()))
                        .build());
    }

    @Override
    public StreamObserver<LeaseKeepAliveRequest> leaseKeepAlive(StreamObserver<LeaseKeepAliveResponse> responses) {
        KeepAliveCall conversation =
                new KeepAliveCall((ServerCallStreamObserver<LeaseKeepAliveResponse>) responses, this::keepAlive).open();
        needLeader.add(conversation);
        return conversation;
    }

    private CompletableFuture<LeaseKeepAliveResponse> keepAlive(LeaseKeepAliveRequest request) {
        return keeper.renew(request.getID())
                .thenApply(time -> LeaseKeepAliveResponse.newBuilder()
                        .setHeader(headers.now())
                        .setID(request.getID())
                        .setTTL(time.isGone() ? 0 : secondsUp(time.grantedMillis()))
                        .build());
    }

    @Override
    public void leaseTimeToLive(LeaseTimeToLiveRequest request, StreamObserver<LeaseTimeToLiveResponse> responses) {
        CompletableFuture<LeaseTime> time = keeper.timeToLive(request.getID());
        // The keys are this node's: it must have caught up with what the leader knew of the lease.
        CompletableFuture<LeaseTime> caughtUp = request.getKeys()
                ? time.thenCombine(replica.readBarrier(), (answer, read) -> answer)
                        .thenApplyAsync(answer -> answer, slow)
                : time;
        UnaryResponses.send(caughtUp, responses, answer -> {
            LeaseTimeToLiveResponse.Builder response = LeaseTimeToLiveResponse.newBuilder()
                    .setHeader(headers.now())
                    .setID(request.getID())
                    .setTTL(answer.isGone() ? -1 : answer.remainingMillis() / 1000)
                    .setGrantedTTL(secondsUp(answer.grantedMillis()));
            if (request.getKeys() && !answer.isGone()) {
                replica.keyspace()
                        .keysOf(request.getID())
                        .forEach(key -> response.addKeys(ResponseTranslation.wire(key)));
            }
            return response.build();
        });
    }

    /**
     * In the order they were granted. etcd sorts by the deadlines that the member asked has in mind, of which a
     * follower has none.
     */
    @Override
    public void leaseLeases(LeaseLeasesRequest request, StreamObserver<LeaseLeasesResponse> responses) {
        CompletableFuture<Void> caughtUp = replica.readBarrier().thenRunAsync(() -> {}, slow);
        UnaryResponses.send(caughtUp, responses, read -> {
            LeaseLeasesResponse.Builder response =
                    LeaseLeasesResponse.newBuilder().setHeader(headers.now());
            replica.keyspace().leases().stream()
                    .sorted(Comparator.comparingLong(Lease::grantIndex))
                    .forEach(
                            lease -> response.addLeases(LeaseStatus.newBuilder().setID(lease.id())));
            return response.build();
        });
    }
}
