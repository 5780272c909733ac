package io.mandate.server.etcd.lease;

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
import io.mandate.keyspace.api.Command;
import io.mandate.keyspace.api.Lease;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.Request;
import io.mandate.server.etcd.call.EtcdErrors;
import io.mandate.server.etcd.call.Headers;
import io.mandate.server.etcd.call.RequestMetadata;
import io.mandate.server.etcd.call.RequireLeaderStreams;
import io.mandate.server.etcd.call.ResponseTranslation;
import io.mandate.server.etcd.call.SpaceQuota;
import io.mandate.server.etcd.call.UnaryResponses;
import io.mandate.server.lease.LeaseKeeper;
import io.mandate.server.lease.LeaseTime;
import io.mandate.server.raft.Replica;
import java.util.Comparator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The Lease service. The API has whole seconds with etcd's bounds; internally, and in Mandate's metadata, times are in
 * milliseconds.
 */
public final class LeaseService extends LeaseGrpc.LeaseImplBase {
    /** etcd's minimum: one and a half of its default election timeout, in whole seconds. */
    private static final long TTL_SECONDS_MIN = 2;

    private static final long TTL_SECONDS_MAX = 9_000_000_000L;

    private final Replica replica;
    private final LeaseKeeper keeper;
    private final Headers headers;
    private final SpaceQuota quota;
    private final RequireLeaderStreams requireLeaderStreams;
    private final Executor largeReads;

    /**
     * Creates the service.
     *
     * @param largeReads the executor for responses about many keys or leases, which must not delay the engine's threads
     */
    public LeaseService(
            Replica replica,
            LeaseKeeper keeper,
            Headers headers,
            SpaceQuota quota,
            RequireLeaderStreams requireLeaderStreams,
            Executor largeReads) {
        this.replica = replica;
        this.keeper = keeper;
        this.headers = headers;
        this.quota = quota;
        this.requireLeaderStreams = requireLeaderStreams;
        this.largeReads = largeReads;
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
            quota.ensureSpace(grant);
        } catch (RuntimeException refused) {
            responses.onError(refused);
            return;
        }
        UnaryResponses.send(replica.propose(grant), responses, outcome -> {
            Outcome.Granted granted = UnaryResponses.expect(outcome, Outcome.Granted.class);
            return LeaseGrantResponse.newBuilder()
                    .setHeader(headers.at(granted.revision()))
                    .setID(granted.leaseId())
                    .setTTL(ceilSeconds(granted.ttlMillis()))
                    .build();
        });
    }

    private static long ceilSeconds(long millis) {
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
        KeepAliveCall call =
                new KeepAliveCall((ServerCallStreamObserver<LeaseKeepAliveResponse>) responses, this::keepAlive).open();
        requireLeaderStreams.add(call);
        return call;
    }

    private CompletableFuture<LeaseKeepAliveResponse> keepAlive(LeaseKeepAliveRequest request) {
        return keeper.renew(request.getID())
                .thenApply(time -> LeaseKeepAliveResponse.newBuilder()
                        .setHeader(headers.now())
                        .setID(request.getID())
                        .setTTL(time.isNotFound() ? 0 : ceilSeconds(time.grantedMillis()))
                        .build());
    }

    @Override
    public void leaseTimeToLive(LeaseTimeToLiveRequest request, StreamObserver<LeaseTimeToLiveResponse> responses) {
        CompletableFuture<LeaseTime> time = keeper.timeToLive(request.getID());
        // The keys are read on this node, which must have caught up with the leader's answer.
        CompletableFuture<LeaseTime> caughtUp = request.getKeys()
                ? time.thenCombine(replica.readBarrier(), (found, read) -> found)
                        .thenApplyAsync(found -> found, largeReads)
                : time;
        UnaryResponses.send(caughtUp, responses, found -> {
            LeaseTimeToLiveResponse.Builder response = LeaseTimeToLiveResponse.newBuilder()
                    .setHeader(headers.now())
                    .setID(request.getID())
                    .setTTL(found.isNotFound() ? -1 : found.remainingMillis() / 1000)
                    .setGrantedTTL(ceilSeconds(found.grantedMillis()));
            if (request.getKeys() && !found.isNotFound()) {
                replica.keyspace()
                        .keysOf(request.getID())
                        .forEach(key -> response.addKeys(ResponseTranslation.wire(key)));
            }
            return response.build();
        });
    }

    /**
     * Lists leases in the order of their grants. etcd sorts by the deadlines in the memory of the member that answers;
     * a follower here has none.
     */
    @Override
    public void leaseLeases(LeaseLeasesRequest request, StreamObserver<LeaseLeasesResponse> responses) {
        CompletableFuture<Void> caughtUp = replica.readBarrier().thenRunAsync(() -> {}, largeReads);
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
