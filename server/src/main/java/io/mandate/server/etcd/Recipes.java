package io.mandate.server.etcd;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.mandate.keyspace.Bytes;
import io.mandate.keyspace.Command;
import io.mandate.keyspace.Compare;
import io.mandate.keyspace.KeyRange;
import io.mandate.keyspace.KeyValue;
import io.mandate.keyspace.Outcome;
import io.mandate.keyspace.Request;
import io.mandate.keyspace.TxnOperation;
import io.mandate.server.raft.Replica;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What the election and the lock service have in common. Their errors all arrive as UNKNOWN with a text, as etcd's do.
 * Thread-safe.
 */
final class Recipes {
    /** The time to live of a lease that is made for a caller who brought none: etcd's. */
    private static final long LEASE_MILLIS = 60_000;

    private final Replica replica;
    private final SpaceQuota quota;
    private final RetryingReadBarrier barrier;

    Recipes(Replica replica, SpaceQuota quota) {
        this.replica = replica;
        this.quota = quota;
        this.barrier = new RetryingReadBarrier(replica);
    }

    /** An expected refusal, with the text that clients look for. */
    static final class RecipeException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        RecipeException(String text) {
            super(text, null, false, false);
        }
    }

    /** The lease given, or a fresh one. */
    CompletableFuture<Long> lease(long leaseId) {
        if (leaseId != 0) {
            return CompletableFuture.completedFuture(leaseId);
        }
        long fresh = ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE);
        return proposeGrowth(new Command.LeaseGrant(fresh, LEASE_MILLIS), Outcome.Granted.class)
                .thenApply(Outcome.Granted::leaseId);
    }

    /** As {@link #propose}, for what makes the data grow. */
    <O extends Outcome> CompletableFuture<O> proposeGrowth(Command command, Class<O> answer) {
        try {
            quota.reserve(Request.of(command));
        } catch (RuntimeException refused) {
            return CompletableFuture.failedFuture(refused);
        }
        return propose(command, answer);
    }

    /** Proposes; a refusal fails the future with etcd's text. */
    <O extends Outcome> CompletableFuture<O> propose(Command command, Class<O> answer) {
        return replica.propose(Request.of(command)).thenApply(outcome -> {
            if (outcome instanceof Outcome.Refused refused) {
                throw new RecipeException(
                        String.valueOf(EtcdErrors.of(refused.reason()).getDescription()));
            }
            return answer.cast(outcome);
        });
    }

    CompletableFuture<Outcome.Ranged> read(TxnOperation.Range range) {
        return replica.readBarrier()
                .thenApply(read -> (Outcome.Ranged) replica.keyspace().range(range));
    }

    /**
     * What a caller finds at its own key when it has come to the front, however long a leader of the store is missed.
     */
    CompletableFuture<Outcome.Ranged> readOwn(Bytes key, CompletableFuture<?> caller) {
        return barrier.passed(caller).thenApply(read ->
                (Outcome.Ranged) replica.keyspace().range(TxnOperation.Range.latest(KeyRange.single(key))));
    }

    /** Who is first in line. */
    static TxnOperation.Range firstCreated(KeyRange keys) {
        return new TxnOperation.Range(
                keys,
                0,
                1,
                TxnOperation.Range.SortOrder.ASCENDING,
                TxnOperation.Range.SortTarget.CREATE_REVISION,
                false,
                false,
                0,
                0,
                0,
                0);
    }

    static TxnOperation.Txn ifCreatedAt(
            Bytes key, long createRevision, List<TxnOperation> then, List<TxnOperation> otherwise) {
        return new TxnOperation.Txn(
                List.of(Compare.number(key, Compare.Target.CREATE_REVISION, Compare.Relation.EQUAL, createRevision)),
                then,
                otherwise);
    }

    static @Nullable KeyValue first(Outcome answer) {
        List<KeyValue> found = ((Outcome.Ranged) answer).keyValues();
        return found.isEmpty() ? null : found.get(0);
    }

    /** Sends what {@code result} completes with, or its failure. */
    static <R, A> void answer(CompletableFuture<R> result, StreamObserver<A> responses, Function<R, A> translate) {
        result.whenComplete((outcome, failure) -> {
            if (((ServerCallStreamObserver<A>) responses).isCancelled()) {
                return;
            }
            if (failure == null) {
                responses.onNext(translate.apply(outcome));
                responses.onCompleted();
            } else {
                responses.onError(unknown(failure));
            }
        });
    }

    static RuntimeException unknown(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        String text = cause instanceof RecipeException
                ? cause.getMessage()
                : EtcdErrors.of(cause).getDescription();
        return Status.UNKNOWN.withDescription(text).asRuntimeException();
    }
}
