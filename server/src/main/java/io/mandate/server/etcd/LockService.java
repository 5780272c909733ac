package io.mandate.server.etcd;

import com.google.protobuf.UnsafeByteOperations;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.mandate.etcdapi.lock.LockGrpc;
import io.mandate.etcdapi.lock.LockRequest;
import io.mandate.etcdapi.lock.LockResponse;
import io.mandate.etcdapi.lock.UnlockRequest;
import io.mandate.etcdapi.lock.UnlockResponse;
import io.mandate.keyspace.Bytes;
import io.mandate.keyspace.KeyRange;
import io.mandate.keyspace.KeyValue;
import io.mandate.keyspace.Outcome;
import io.mandate.keyspace.RequestRules;
import io.mandate.keyspace.TxnOperation;
import io.mandate.server.raft.Replica;
import io.mandate.server.watch.WatchHub;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** etcd's lock service: whoever was first to create a key under the lock's name holds it, the others wait in line. */
final class LockService extends LockGrpc.LockImplBase {
    private static final String SESSION_EXPIRED = "mutex: session is expired";

    private final Recipes recipes;
    private final PredecessorWatch olderKeys;
    private final Headers headers;
    private final WaitingCalls waiting = new WaitingCalls(WaitingCalls.MAX);

    LockService(Replica replica, WatchHub hub, Headers headers, SpaceQuota quota) {
        this.recipes = new Recipes(replica, quota);
        this.olderKeys = new PredecessorWatch(replica, hub);
        this.headers = headers;
    }

    private record Held(Bytes key, long revision) {}

    @Override
    public void lock(LockRequest request, StreamObserver<LockResponse> responses) {
        CompletableFuture<Held> held = new CompletableFuture<>();
        ((ServerCallStreamObserver<LockResponse>) responses).setOnCancelHandler(() -> held.cancel(false));
        Recipes.answer(
                held,
                responses,
                lock -> LockResponse.newBuilder()
                        .setHeader(headers.at(lock.revision))
                        .setKey(UnsafeByteOperations.unsafeWrap(lock.key.sharedArray()))
                        .build());
        if (!waiting.admit(held)) {
            return;
        }
        KeyRange line = RecipeKeys.all(request.getName());
        recipes.lease(request.getLease())
                .thenCompose(leaseId -> joinLine(line, RecipeKeys.of(request.getName(), leaseId), leaseId))
                .whenComplete((place, failure) -> {
                    if (failure != null) {
                        held.completeExceptionally(failure);
                    } else {
                        waitInLine(line, place, held);
                    }
                });
    }

    /** A place in the line; {@code first} if nobody is ahead. */
    private record Place(Bytes key, long createRevision, long revision, boolean first) {}

    private CompletableFuture<Place> joinLine(KeyRange line, Bytes key, long leaseId) {
        TxnOperation put = new TxnOperation.Put(key, Bytes.EMPTY, leaseId, false, false, false);
        TxnOperation own = TxnOperation.Range.latest(KeyRange.single(key));
        TxnOperation owner = Recipes.firstCreated(line);
        return recipes.proposeGrowth(
                        Recipes.ifCreatedAt(key, 0, List.of(put, owner), List.of(own, owner)), Outcome.Decided.class)
                .thenApply(decided -> {
                    KeyValue present = decided.succeeded()
                            ? null
                            : Recipes.first(decided.answers().get(0));
                    long createRevision = present == null ? decided.revision() : present.createRevision();
                    KeyValue first = Recipes.first(decided.answers().get(1));
                    return new Place(
                            key,
                            createRevision,
                            decided.revision(),
                            first == null || first.createRevision() == createRevision);
                });
    }

    private void waitInLine(KeyRange line, Place place, CompletableFuture<Held> held) {
        CompletableFuture<Void> firstInLine =
                place.first ? CompletableFuture.completedFuture(null) : olderKeys.gone(line, place.createRevision);
        held.whenComplete((done, failure) -> {
            firstInLine.cancel(false);
            if (held.isCancelled()) {
                delete(place.key);
            }
        });
        if (place.first) {
            held.complete(new Held(place.key, place.revision));
            return;
        }
        firstInLine.thenCompose(first -> recipes.readOwn(place.key, held)).whenComplete((own, failure) -> {
            KeyValue kept = failure == null ? Recipes.first(own) : null;
            if (failure != null) {
                held.completeExceptionally(failure);
            } else if (kept == null || kept.createRevision() != place.createRevision) {
                // A key that was made again meanwhile has its place at the end of the line.
                held.completeExceptionally(new Recipes.RecipeException(SESSION_EXPIRED));
            } else {
                held.complete(new Held(place.key, own.revision()));
            }
        });
    }

    private CompletableFuture<Outcome.Deleted> delete(Bytes key) {
        return recipes.propose(new TxnOperation.DeleteRange(KeyRange.single(key), false), Outcome.Deleted.class);
    }

    @Override
    public void unlock(UnlockRequest request, StreamObserver<UnlockResponse> responses) {
        if (request.getKey().isEmpty()) {
            responses.onError(Recipes.unknown(
                    EtcdErrors.of(RequestRules.Violation.KEY_NOT_PROVIDED).asRuntimeException()));
            return;
        }
        Recipes.answer(
                delete(Bytes.owning(request.getKey().toByteArray())),
                responses,
                deleted -> UnlockResponse.newBuilder()
                        .setHeader(headers.at(deleted.revision()))
                        .build());
    }
}
