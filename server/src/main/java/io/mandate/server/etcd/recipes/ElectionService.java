package io.mandate.server.etcd.recipes;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.mandate.etcdapi.election.CampaignRequest;
import io.mandate.etcdapi.election.CampaignResponse;
import io.mandate.etcdapi.election.ElectionGrpc;
import io.mandate.etcdapi.election.LeaderKey;
import io.mandate.etcdapi.election.LeaderRequest;
import io.mandate.etcdapi.election.LeaderResponse;
import io.mandate.etcdapi.election.ProclaimRequest;
import io.mandate.etcdapi.election.ProclaimResponse;
import io.mandate.etcdapi.election.ResignRequest;
import io.mandate.etcdapi.election.ResignResponse;
import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.KeyRange;
import io.mandate.keyspace.api.KeyValue;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.TxnOperation;
import io.mandate.server.etcd.call.Headers;
import io.mandate.server.etcd.call.RequireLeaderStreams;
import io.mandate.server.etcd.call.ResponseTranslation;
import io.mandate.server.etcd.call.SpaceQuota;
import io.mandate.server.raft.Replica;
import io.mandate.server.watch.WatchHub;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * etcd's election service, on the keys of {@link RecipeKeys}: the candidate whose key was created first leads until the
 * key is deleted.
 */
public final class ElectionService extends ElectionGrpc.ElectionImplBase {
    private static final String NO_LEADER = "election: no leader";
    private static final String NOT_LEADER = "election: not leader";
    private static final String NO_LEADER_KEY = "\"leader\" field must be provided";

    private final Recipes recipes;
    private final PredecessorWatch predecessors;
    private final Replica replica;
    private final WatchHub hub;
    private final Headers headers;
    private final RequireLeaderStreams requireLeaderStreams;
    private final WaitingCalls waiting = new WaitingCalls(WaitingCalls.MAX);

    public ElectionService(
            Replica replica,
            WatchHub hub,
            Headers headers,
            SpaceQuota quota,
            RequireLeaderStreams requireLeaderStreams) {
        this.recipes = new Recipes(replica, quota);
        this.predecessors = new PredecessorWatch(replica, hub);
        this.replica = replica;
        this.hub = hub;
        this.headers = headers;
        this.requireLeaderStreams = requireLeaderStreams;
    }

    /** A candidate's key as it was created. */
    private record Candidacy(Bytes key, long leaseId, long createRevision, long revision) {}

    @Override
    public void campaign(CampaignRequest request, StreamObserver<CampaignResponse> responses) {
        CompletableFuture<Candidacy> elected = new CompletableFuture<>();
        ((ServerCallStreamObserver<CampaignResponse>) responses).setOnCancelHandler(() -> elected.cancel(false));
        Recipes.send(
                elected,
                responses,
                candidacy -> CampaignResponse.newBuilder()
                        .setHeader(headers.at(candidacy.revision))
                        .setLeader(LeaderKey.newBuilder()
                                .setName(request.getName())
                                .setKey(wire(candidacy.key))
                                .setRev(candidacy.createRevision)
                                .setLease(candidacy.leaseId))
                        .build());
        if (!waiting.admit(elected)) {
            return;
        }
        recipes.lease(request.getLease())
                .thenCompose(leaseId -> createCandidacy(request, leaseId))
                .whenComplete((candidacy, failure) -> {
                    if (failure != null) {
                        elected.completeExceptionally(failure);
                    } else {
                        awaitLeadership(request.getName(), candidacy, elected);
                    }
                });
    }

    /** Creates the candidate's key. An existing key keeps its position in the queue and gets the new value. */
    private CompletableFuture<Candidacy> createCandidacy(CampaignRequest request, long leaseId) {
        Bytes key = RecipeKeys.of(request.getName(), leaseId);
        TxnOperation.Put put =
                new TxnOperation.Put(key, Bytes.owning(request.getValue().toByteArray()), leaseId, false, false, false);
        TxnOperation.Txn create =
                Recipes.ifCreatedAt(key, 0, List.of(put), List.of(TxnOperation.Range.latest(KeyRange.single(key))));
        return recipes.proposeGrowth(create, Outcome.Decided.class).thenCompose(decided -> {
            KeyValue present =
                    decided.succeeded() ? null : Recipes.first(decided.answers().get(0));
            if (present == null) {
                return CompletableFuture.completedFuture(
                        new Candidacy(key, leaseId, decided.revision(), decided.revision()));
            }
            Candidacy existing = new Candidacy(key, leaseId, present.createRevision(), decided.revision());
            return present.value().equals(put.value())
                    ? CompletableFuture.completedFuture(existing)
                    : proclaim(key, existing.createRevision, put).thenApply(proclaimed -> existing);
        });
    }

    private void awaitLeadership(ByteString name, Candidacy candidacy, CompletableFuture<Candidacy> elected) {
        CompletableFuture<Void> predecessorsDeleted =
                predecessors.allDeleted(RecipeKeys.all(name), candidacy.createRevision);
        elected.whenComplete((done, failure) -> {
            predecessorsDeleted.cancel(false);
            if (elected.isCancelled()) {
                resign(candidacy.key, candidacy.createRevision);
            }
        });
        predecessorsDeleted
                .thenCompose(done -> recipes.readOwn(candidacy.key, elected))
                .whenComplete((own, failure) -> {
                    KeyValue current = failure == null ? Recipes.first(own) : null;
                    if (failure != null) {
                        elected.completeExceptionally(failure);
                    } else if (current == null || current.createRevision() != candidacy.createRevision) {
                        // The lease ended while the candidate waited; reporting it as elected would make two leaders
                        // (etcd #11456).
                        elected.completeExceptionally(new Recipes.RecipeException("election: session is expired"));
                    } else {
                        elected.complete(candidacy);
                    }
                });
    }

    private CompletableFuture<Outcome.Decided> proclaim(Bytes key, long createRevision, TxnOperation.Put put) {
        return recipes.proposeGrowth(
                        Recipes.ifCreatedAt(key, createRevision, List.of(put), List.of()), Outcome.Decided.class)
                .thenApply(decided -> {
                    if (!decided.succeeded()) {
                        throw new Recipes.RecipeException(NOT_LEADER);
                    }
                    return decided;
                });
    }

    private CompletableFuture<Outcome.Decided> resign(Bytes key, long createRevision) {
        TxnOperation delete = new TxnOperation.DeleteRange(KeyRange.single(key), false);
        return recipes.propose(
                Recipes.ifCreatedAt(key, createRevision, List.of(delete), List.of()), Outcome.Decided.class);
    }

    @Override
    public void proclaim(ProclaimRequest request, StreamObserver<ProclaimResponse> responses) {
        if (!request.hasLeader()) {
            responses.onError(Recipes.toUnknown(new Recipes.RecipeException(NO_LEADER_KEY)));
            return;
        }
        LeaderKey leader = request.getLeader();
        Bytes key = Bytes.owning(leader.getKey().toByteArray());
        TxnOperation.Put put = new TxnOperation.Put(
                key, Bytes.owning(request.getValue().toByteArray()), leader.getLease(), false, false, false);
        Recipes.send(
                proclaim(key, leader.getRev(), put),
                responses,
                decided -> ProclaimResponse.newBuilder()
                        .setHeader(headers.at(decided.revision()))
                        .build());
    }

    @Override
    public void resign(ResignRequest request, StreamObserver<ResignResponse> responses) {
        if (!request.hasLeader()) {
            responses.onError(Recipes.toUnknown(new Recipes.RecipeException(NO_LEADER_KEY)));
            return;
        }
        LeaderKey leader = request.getLeader();
        Recipes.send(
                resign(Bytes.owning(leader.getKey().toByteArray()), leader.getRev()),
                responses,
                decided -> ResignResponse.newBuilder()
                        .setHeader(headers.at(decided.revision()))
                        .build());
    }

    @Override
    public void leader(LeaderRequest request, StreamObserver<LeaderResponse> responses) {
        Recipes.send(
                recipes.read(Recipes.firstCreated(RecipeKeys.all(request.getName())))
                        .thenApply(found -> {
                            if (found.keyValues().isEmpty()) {
                                throw new Recipes.RecipeException(NO_LEADER);
                            }
                            return found;
                        }),
                responses,
                found -> leaderAt(found.revision(), found.keyValues().get(0)));
    }

    private LeaderResponse leaderAt(long revision, KeyValue leader) {
        return LeaderResponse.newBuilder()
                .setHeader(headers.at(revision))
                .setKv(ResponseTranslation.keyValue(leader))
                .build();
    }

    @Override
    public void observe(LeaderRequest request, StreamObserver<LeaderResponse> responses) {
        KeyRange keys = RecipeKeys.all(request.getName());
        ObserveCall observation = new ObserveCall(
                (ServerCallStreamObserver<LeaderResponse>) responses, replica, hub, this::leaderAt, keys);
        requireLeaderStreams.add(observation);
        recipes.read(Recipes.firstCreated(keys)).whenComplete((found, failure) -> {
            if (failure != null) {
                observation.fail(Status.fromThrowable(Recipes.toUnknown(failure)));
            } else {
                observation.start(found);
            }
        });
    }

    private static ByteString wire(@Nullable Bytes bytes) {
        return bytes == null ? ByteString.EMPTY : UnsafeByteOperations.unsafeWrap(bytes.sharedArray());
    }
}
