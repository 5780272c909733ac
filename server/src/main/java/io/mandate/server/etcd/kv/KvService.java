package io.mandate.server.etcd.kv;

import io.grpc.stub.StreamObserver;
import io.mandate.etcdapi.CompactionRequest;
import io.mandate.etcdapi.CompactionResponse;
import io.mandate.etcdapi.DeleteRangeRequest;
import io.mandate.etcdapi.DeleteRangeResponse;
import io.mandate.etcdapi.KVGrpc;
import io.mandate.etcdapi.PutRequest;
import io.mandate.etcdapi.PutResponse;
import io.mandate.etcdapi.RangeRequest;
import io.mandate.etcdapi.RangeResponse;
import io.mandate.etcdapi.RequestOp;
import io.mandate.etcdapi.TxnRequest;
import io.mandate.etcdapi.TxnResponse;
import io.mandate.keyspace.api.Command;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.Request;
import io.mandate.keyspace.api.TxnOperation;
import io.mandate.server.etcd.call.Headers;
import io.mandate.server.etcd.call.RequestMetadata;
import io.mandate.server.etcd.call.ResponseTranslation;
import io.mandate.server.etcd.call.SpaceQuota;
import io.mandate.server.etcd.call.UnaryResponses;
import io.mandate.server.meter.OperationCount;
import io.mandate.server.raft.Replica;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * The KV service. Reads are answered from the local keyspace, after a read barrier unless the request is serializable;
 * writes are proposed.
 */
public final class KvService extends KVGrpc.KVImplBase {
    /** The most key-values in the response to a write that are translated on the applying thread. */
    private static final int INLINE_RESPONSE_KEY_VALUES_MAX = 16;

    private final Replica replica;
    private final Headers headers;
    private final RequestTranslation translation;
    private final SpaceQuota quota;
    private final Executor largeReads;
    private final PhysicalCompaction physicalCompaction;
    private final OperationCount reads;

    /**
     * Creates the service.
     *
     * @param largeReads the executor for reads of many keys, which must not delay the engine or other clients
     * @param reads counts the reads that are not proposed
     */
    public KvService(
            Replica replica,
            Headers headers,
            RequestTranslation translation,
            SpaceQuota quota,
            Executor largeReads,
            PhysicalCompaction physicalCompaction,
            OperationCount reads) {
        this.replica = replica;
        this.headers = headers;
        this.translation = translation;
        this.quota = quota;
        this.largeReads = largeReads;
        this.physicalCompaction = physicalCompaction;
        this.reads = reads;
    }

    @Override
    public void range(RangeRequest request, StreamObserver<RangeResponse> responses) {
        CompletableFuture<Outcome> result = toFailedFuture(() -> {
            TxnOperation.Range range = translation.range(request);
            Executor executor = range.keys().isSingle() ? Runnable::run : largeReads;
            return read(
                    request.getSerializable(),
                    executor,
                    () -> replica.keyspace().range(range));
        });
        UnaryResponses.send(result, responses, outcome -> {
            Outcome.Ranged ranged = UnaryResponses.expect(outcome, Outcome.Ranged.class);
            return ResponseTranslation.ranged(ranged)
                    .setHeader(headers.at(ranged.revision()))
                    .build();
        });
    }

    @Override
    public void put(PutRequest request, StreamObserver<PutResponse> responses) {
        UnaryResponses.send(toFailedFuture(() -> write(translation.put(request), true)), responses, outcome -> {
            Outcome.Written written = UnaryResponses.expect(outcome, Outcome.Written.class);
            return ResponseTranslation.written(written)
                    .setHeader(headers.at(written.revision()))
                    .build();
        });
    }

    @Override
    public void deleteRange(DeleteRangeRequest request, StreamObserver<DeleteRangeResponse> responses) {
        CompletableFuture<Outcome> result = toFailedFuture(() -> write(translation.deleteRange(request), false));
        UnaryResponses.send(result, responses, outcome -> {
            Outcome.Deleted deleted = UnaryResponses.expect(outcome, Outcome.Deleted.class);
            return ResponseTranslation.deleted(deleted)
                    .setHeader(headers.at(deleted.revision()))
                    .build();
        });
    }

    @Override
    public void txn(TxnRequest request, StreamObserver<TxnResponse> responses) {
        CompletableFuture<Outcome> result = toFailedFuture(() -> {
            TxnOperation.Txn txn = translation.txn(request);
            return txn.isReadOnly()
                    ? read(
                            isSerializable(request),
                            largeReads,
                            () -> replica.keyspace().read(txn))
                    : write(txn, true);
        });
        UnaryResponses.send(result, responses, outcome -> {
            Outcome.Decided decided = UnaryResponses.expect(outcome, Outcome.Decided.class);
            return ResponseTranslation.decided(decided)
                    .setHeader(headers.at(decided.revision()))
                    .build();
        });
    }

    /** Whether every operation of both branches is a serializable range. */
    private static boolean isSerializable(TxnRequest request) {
        return allSerializable(request.getSuccessList()) && allSerializable(request.getFailureList());
    }

    private static boolean allSerializable(List<RequestOp> operations) {
        return operations.stream()
                .allMatch(operation -> operation.hasRequestRange()
                        && operation.getRequestRange().getSerializable());
    }

    @Override
    public void compact(CompactionRequest request, StreamObserver<CompactionResponse> responses) {
        CompletableFuture<Outcome> compacted = propose(new Command.Compact(request.getRevision()));
        CompletableFuture<Outcome> result = request.getPhysical()
                ? compacted.thenCompose(outcome -> outcome instanceof Outcome.Done
                        ? physicalCompaction.trimmed(request.getRevision()).thenApply(trimmed -> outcome)
                        : CompletableFuture.completedFuture(outcome))
                : compacted;
        UnaryResponses.send(
                result,
                responses,
                outcome -> CompactionResponse.newBuilder()
                        .setHeader(headers.at(UnaryResponses.expect(outcome, Outcome.Done.class)
                                .revision()))
                        .build());
    }

    /** Calls {@code start}; an exception that it throws becomes the failure of the future. */
    private static CompletableFuture<Outcome> toFailedFuture(Supplier<CompletableFuture<Outcome>> start) {
        try {
            return start.get();
        } catch (RuntimeException refused) {
            return CompletableFuture.failedFuture(refused);
        }
    }

    private CompletableFuture<Outcome> read(boolean serializable, Executor executor, Supplier<Outcome> read) {
        CompletableFuture<Void> ready = serializable ? CompletableFuture.completedFuture(null) : replica.readBarrier();
        return ready.thenApplyAsync(
                caughtUp -> {
                    Outcome outcome = read.get();
                    reads.add(outcome);
                    return outcome;
                },
                executor);
    }

    private CompletableFuture<Outcome> write(Command command, boolean needsSpace) {
        Request request = new Request(command, RequestMetadata.requestId());
        if (needsSpace) {
            quota.ensureSpace(request);
        }
        return replica.propose(request)
                .thenCompose(outcome -> keyValues(outcome) <= INLINE_RESPONSE_KEY_VALUES_MAX
                        ? CompletableFuture.completedFuture(outcome)
                        : CompletableFuture.supplyAsync(() -> outcome, largeReads));
    }

    /** The number of key-values in the response to a write. */
    private static long keyValues(Outcome outcome) {
        if (outcome instanceof Outcome.Ranged ranged) {
            return ranged.keyValues().size();
        }
        if (outcome instanceof Outcome.Deleted deleted) {
            return deleted.previous().size();
        }
        if (outcome instanceof Outcome.Decided decided) {
            return decided.answers().stream().mapToLong(KvService::keyValues).sum();
        }
        return 0;
    }

    private CompletableFuture<Outcome> propose(Command command) {
        return replica.propose(new Request(command, RequestMetadata.requestId()));
    }
}
