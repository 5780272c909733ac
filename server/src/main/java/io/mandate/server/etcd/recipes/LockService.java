package io.mandate.server.etcd.recipes;

import com.google.protobuf.UnsafeByteOperations;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.mandate.etcdapi.lock.LockGrpc;
import io.mandate.etcdapi.lock.LockRequest;
import io.mandate.etcdapi.lock.LockResponse;
import io.mandate.etcdapi.lock.UnlockRequest;
import io.mandate.etcdapi.lock.UnlockResponse;
import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.KeyRange;
import io.mandate.keyspace.api.KeyValue;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.RequestRules;
import io.mandate.keyspace.api.TxnOperation;
import io.mandate.server.etcd.call.EtcdErrors;
import io.mandate.server.etcd.call.Headers;
import io.mandate.server.etcd.call.SpaceQuota;
import io.mandate.server.raft.Replica;
import io.mandate.server.watch.WatchHub;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * etcd's lock service: the waiter whose key under the lock's name was created first holds the lock; the others wait in
 * order of creation.
 */
public final class LockService extends LockGrpc.LockImplBase {
    private static final String SESSION_EXPIRED = "mutex: session is expired";

    private final Recipes recipes;
    private final PredecessorWatch predecessors;
    private final Headers headers;
    private final WaitingCalls waiting = new WaitingCalls(WaitingCalls.MAX);

    public LockService(Replica replica, WatchHub hub, Headers headers, SpaceQuota quota) {
        this.recipes = new Recipes(replica, quota);
        this.predecessors = new PredecessorWatch(replica, hub);
        this.headers = headers;
    }

    private record HeldLock(Bytes key, long revision) {}

    @Override
    public void lock(LockRequest request, StreamObserver<LockResponse> responses) {
        CompletableFuture<HeldLock> held = new CompletableFuture<>();
        ((ServerCallStreamObserver<LockResponse>) responses).setOnCancelHandler(() -> held.cancel(false));
        Recipes.send(
                held,
                responses,
                lock -> LockResponse.newBuilder()
                        .setHeader(headers.at(lock.revision))
                        .setKey(UnsafeByteOperations.unsafeWrap(lock.key.sharedArray()))
                        .build());
        if (!waiting.admit(held)) {
            return;
        }
        KeyRange queue = RecipeKeys.all(request.getName());
        recipes.lease(request.getLease())
                .thenCompose(leaseId -> joinQueue(queue, RecipeKeys.of(request.getName(), leaseId), leaseId))
                .whenComplete((waiter, failure) -> {
                    if (failure != null) {
                        held.completeExceptionally(failure);
                    } else {
                        awaitLock(queue, waiter, held);
                    }
                });
    }

    /**
     * A key in the queue.
     *
     * @param first whether no earlier key exists, so that the lock is held
     */
    private record Waiter(Bytes key, long createRevision, long revision, boolean first) {}

    private CompletableFuture<Waiter> joinQueue(KeyRange queue, Bytes key, long leaseId) {
        TxnOperation put = new TxnOperation.Put(key, Bytes.EMPTY, leaseId, false, false, false);
        TxnOperation own = TxnOperation.Range.latest(KeyRange.single(key));
        TxnOperation owner = Recipes.firstCreated(queue);
        return recipes.proposeGrowth(
                        Recipes.ifCreatedAt(key, 0, List.of(put, owner), List.of(own, owner)), Outcome.Decided.class)
                .thenApply(decided -> {
                    KeyValue present = decided.succeeded()
                            ? null
                            : Recipes.first(decided.answers().get(0));
                    long createRevision = present == null ? decided.revision() : present.createRevision();
                    KeyValue first = Recipes.first(decided.answers().get(1));
                    return new Waiter(
                            key,
                            createRevision,
                            decided.revision(),
                            first == null || first.createRevision() == createRevision);
                });
    }

    private void awaitLock(KeyRange queue, Waiter waiter, CompletableFuture<HeldLock> held) {
        CompletableFuture<Void> predecessorsDeleted = waiter.first
                ? CompletableFuture.completedFuture(null)
                : predecessors.allDeleted(queue, waiter.createRevision);
        held.whenComplete((done, failure) -> {
            predecessorsDeleted.cancel(false);
            if (held.isCancelled()) {
                delete(waiter.key);
            }
        });
        if (waiter.first) {
            held.complete(new HeldLock(waiter.key, waiter.revision));
            return;
        }
        predecessorsDeleted
                .thenCompose(done -> recipes.readOwn(waiter.key, held))
                .whenComplete((own, failure) -> {
                    KeyValue current = failure == null ? Recipes.first(own) : null;
                    if (failure != null) {
                        held.completeExceptionally(failure);
                    } else if (current == null || current.createRevision() != waiter.createRevision) {
                        // A key that was created again has a new position at the end of the queue.
                        held.completeExceptionally(new Recipes.RecipeException(SESSION_EXPIRED));
                    } else {
                        held.complete(new HeldLock(waiter.key, own.revision()));
                    }
                });
    }

    private CompletableFuture<Outcome.Deleted> delete(Bytes key) {
        return recipes.propose(new TxnOperation.DeleteRange(KeyRange.single(key), false), Outcome.Deleted.class);
    }

    @Override
    public void unlock(UnlockRequest request, StreamObserver<UnlockResponse> responses) {
        if (request.getKey().isEmpty()) {
            responses.onError(Recipes.toUnknown(
                    EtcdErrors.of(RequestRules.Violation.KEY_NOT_PROVIDED).asRuntimeException()));
            return;
        }
        Recipes.send(
                delete(Bytes.owning(request.getKey().toByteArray())),
                responses,
                deleted -> UnlockResponse.newBuilder()
                        .setHeader(headers.at(deleted.revision()))
                        .build());
    }
}
