package io.mandate.server.etcd;

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
import io.mandate.keyspace.Bytes;
import io.mandate.keyspace.KeyRange;
import io.mandate.keyspace.KeyValue;
import io.mandate.keyspace.Outcome;
import io.mandate.keyspace.TxnOperation;
import io.mandate.server.raft.Replica;
import io.mandate.server.watch.WatchHub;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * etcd's election service, on the keys of {@link RecipeKeys}: who was first to create a key leads as long as the key is
 * there.
 */
final class ElectionService extends ElectionGrpc.ElectionImplBase {
    private static final String NO_LEADER = "election: no leader";
    private static final String NOT_LEADER = "election: not leader";
    private static final String NO_LEADER_KEY = "\"leader\" field must be provided";

    private final Recipes recipes;
    private final PredecessorWatch olderKeys;
    private final Replica replica;
    private final WatchHub hub;
    private final Headers headers;
    private final RequireLeaderStreams needLeader;
    private final WaitingCalls waiting = new WaitingCalls(WaitingCalls.MAX);

    ElectionService(Replica replica, WatchHub hub, Headers headers, SpaceQuota quota, RequireLeaderStreams needLeader) {
        this.recipes = new Recipes(replica, quota);
        this.olderKeys = new PredecessorWatch(replica, hub);
        this.replica = replica;
        this.hub = hub;
        this.headers = headers;
        this.needLeader = needLeader;
    }

    /** A candidate's key as it was put down. */
    private record Candidacy(Bytes key, long leaseId, long createRevision, long revision) {}

    @Override
    public void campaign(CampaignRequest request, StreamObserver<CampaignResponse> responses) {
        CompletableFuture<Candidacy> elected = new CompletableFuture<>();
        ((ServerCallStreamObserver<CampaignResponse>) responses).setOnCancelHandler(() -> elected.cancel(false));
        Recipes.answer(
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
                .thenCompose(leaseId -> stand(request, leaseId))
                .whenComplete((candidacy, failure) -> {
                    if (failure != null) {
                        elected.completeExceptionally(failure);
                    } else {
                        waitInLine(request.getName(), candidacy, elected);
                    }
                });
    }

    /** Creates the candidate's key; one that exists already keeps its place, and takes over the value. */
    private CompletableFuture<Candidacy> stand(CampaignRequest request, long leaseId) {
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
            Candidacy before = new Candidacy(key, leaseId, present.createRevision(), decided.revision());
            return present.value().equals(put.value())
                    ? CompletableFuture.completedFuture(before)
                    : proclaim(key, before.createRevision, put).thenApply(proclaimed -> before);
        });
    }

    private void waitInLine(ByteString name, Candidacy candidacy, CompletableFuture<Candidacy> elected) {
        CompletableFuture<Void> firstInLine = olderKeys.gone(RecipeKeys.all(name), candidacy.createRevision);
        elected.whenComplete((done, failure) -> {
            firstInLine.cancel(false);
            if (elected.isCancelled()) {
                resign(candidacy.key, candidacy.createRevision);
            }
        });
        firstInLine
                .thenCompose(first -> recipes.readOwn(candidacy.key, elected))
                .whenComplete((own, failure) -> {
                    KeyValue kept = failure == null ? Recipes.first(own) : null;
                    if (failure != null) {
                        elected.completeExceptionally(failure);
                    } else if (kept == null || kept.createRevision() != candidacy.createRevision) {
                        // The lease ended while its holder waited: to say "elected" now would make two (etcd #11456).
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
            responses.onError(Recipes.unknown(new Recipes.RecipeException(NO_LEADER_KEY)));
            return;
        }
        LeaderKey leader = request.getLeader();
        Bytes key = Bytes.owning(leader.getKey().toByteArray());
        TxnOperation.Put put = new TxnOperation.Put(
                key, Bytes.owning(request.getValue().toByteArray()), leader.getLease(), false, false, false);
        Recipes.answer(
                proclaim(key, leader.getRev(), put),
                responses,
                decided -> ProclaimResponse.newBuilder()
                        .setHeader(headers.at(decided.revision()))
                        .build());
    }

    @Override
    public void resign(ResignRequest request, StreamObserver<ResignResponse> responses) {
        if (!request.hasLeader()) {
            responses.onError(Recipes.unknown(new Recipes.RecipeException(NO_LEADER_KEY)));
            return;
        }
        LeaderKey leader = request.getLeader();
        Recipes.answer(
                resign(Bytes.owning(leader.getKey().toByteArray()), leader.getRev()),
                responses,
                decided -> ResignResponse.newBuilder()
                        .setHeader(headers.at(decided.revision()))
                        .build());
    }

    @Override
    public void leader(LeaderRequest request, StreamObserver<LeaderResponse> responses) {
        Recipes.answer(
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
        needLeader.add(observation);
        recipes.read(Recipes.firstCreated(keys)).whenComplete((found, failure) -> {
            if (failure != null) {
                observation.fail(Status.fromThrowable(Recipes.unknown(failure)));
            } else {
                observation.begin(found);
            }
        });
    }

    private static ByteString wire(@Nullable Bytes bytes) {
        return bytes == null ? ByteString.EMPTY : UnsafeByteOperations.unsafeWrap(bytes.sharedArray());
    }
}
