package io.mandate.server.etcd.recipes;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.Command;
import io.mandate.keyspace.api.Compare;
import io.mandate.keyspace.api.KeyRange;
import io.mandate.keyspace.api.KeyValue;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.Request;
import io.mandate.keyspace.api.TxnOperation;
import io.mandate.server.etcd.call.EtcdErrors;
import io.mandate.server.etcd.call.RetryingReadBarrier;
import io.mandate.server.etcd.call.SpaceQuota;
import io.mandate.server.raft.Replica;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Shared by the election and the lock service. Their errors are all UNKNOWN with a text, as etcd's are. Thread-safe.
 */
final class Recipes {
    /** The time to live of a lease that is granted for a caller without one: etcd's. */
    private static final long LEASE_MILLIS = 60_000;

    private final Replica replica;
    private final SpaceQuota quota;
    private final RetryingReadBarrier barrier;

    Recipes(Replica replica, SpaceQuota quota) {
        this.replica = replica;
        this.quota = quota;
        this.barrier = new RetryingReadBarrier(replica);
    }

    /** An expected refusal, with the text that clients match on. */
    static final class RecipeException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        RecipeException(String text) {
            super(text, null, false, false);
        }
    }

    /** The caller's lease, or a new one if {@code leaseId} is 0. */
    CompletableFuture<Long> lease(long leaseId) {
        if (leaseId != 0) {
            return CompletableFuture.completedFuture(leaseId);
        }
        long newLeaseId = ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE);
        return proposeGrowth(new Command.LeaseGrant(newLeaseId, LEASE_MILLIS), Outcome.Granted.class)
                .thenApply(Outcome.Granted::leaseId);
    }

    /** As {@link #propose}, for commands that may grow the data. */
    <O extends Outcome> CompletableFuture<O> proposeGrowth(Command command, Class<O> expected) {
        try {
            quota.ensureSpace(Request.of(command));
        } catch (RuntimeException refused) {
            return CompletableFuture.failedFuture(refused);
        }
        return propose(command, expected);
    }

    /** Proposes a command; a refusal fails the future with etcd's text. */
    <O extends Outcome> CompletableFuture<O> propose(Command command, Class<O> expected) {
        return replica.propose(Request.of(command)).thenApply(outcome -> {
            if (outcome instanceof Outcome.Refused refused) {
                throw new RecipeException(
                        String.valueOf(EtcdErrors.of(refused.reason()).getDescription()));
            }
            return expected.cast(outcome);
        });
    }

    CompletableFuture<Outcome.Ranged> read(TxnOperation.Range range) {
        return replica.readBarrier()
                .thenApply(read -> (Outcome.Ranged) replica.keyspace().range(range));
    }

    /** Reads a caller's key when it is first in the queue, however long the store has no leader. */
    CompletableFuture<Outcome.Ranged> readOwn(Bytes key, CompletableFuture<?> caller) {
        return barrier.passed(caller).thenApply(read ->
                (Outcome.Ranged) replica.keyspace().range(TxnOperation.Range.latest(KeyRange.single(key))));
    }

    /** Reads the first key in the queue. */
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

    static @Nullable KeyValue first(Outcome outcome) {
        List<KeyValue> found = ((Outcome.Ranged) outcome).keyValues();
        return found.isEmpty() ? null : found.get(0);
    }

    /** Sends the translated value of {@code result}, or its failure. */
    static <R, RespT> void send(
            CompletableFuture<R> result, StreamObserver<RespT> responses, Function<R, RespT> translate) {
        result.whenComplete((outcome, failure) -> {
            if (((ServerCallStreamObserver<RespT>) responses).isCancelled()) {
                return;
            }
            if (failure == null) {
                responses.onNext(translate.apply(outcome));
                responses.onCompleted();
            } else {
                responses.onError(toUnknown(failure));
            }
        });
    }

    static RuntimeException toUnknown(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        String text = cause instanceof RecipeException
                ? cause.getMessage()
                : EtcdErrors.of(cause).getDescription();
        return Status.UNKNOWN.withDescription(text).asRuntimeException();
    }
}
