package io.mandate.server.etcd;

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
import io.mandate.keyspace.Command;
import io.mandate.keyspace.Outcome;
import io.mandate.keyspace.Request;
import io.mandate.keyspace.TxnOperation;
import io.mandate.server.meter.OperationCount;
import io.mandate.server.raft.Replica;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * The KV service. Reads are answered here, after a read barrier unless the client said that an older state will do;
 * writes are proposed.
 */
final class KvService extends KVGrpc.KVImplBase {
    /** Keys and values in the answer to a write that the thread which applied it translates itself. */
    private static final int KEY_VALUES_IN_PASSING_MAX = 16;

    private final Replica replica;
    private final Headers headers;
    private final RequestTranslation translation;
    private final SpaceQuota quota;
    private final Executor largeReads;
    private final PhysicalCompaction physicalCompaction;
    private final OperationCount reads;

    /**
     * Makes the service.
     *
     * @param largeReads where ranges of many keys are read, so that they hold up neither the engine nor other clients
     * @param reads counts what is read without being proposed
     */
    KvService(
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
        CompletableFuture<Outcome> answer = refusable(() -> {
            TxnOperation.Range range = translation.range(request);
            Executor where = range.keys().isSingle() ? Runnable::run : largeReads;
            return read(
                    request.getSerializable(), where, () -> replica.keyspace().range(range));
        });
        UnaryResponses.send(answer, responses, outcome -> {
            Outcome.Ranged ranged = UnaryResponses.expect(outcome, Outcome.Ranged.class);
            return ResponseTranslation.ranged(ranged)
                    .setHeader(headers.at(ranged.revision()))
                    .build();
        });
    }

    @Override
    public void put(PutRequest request, StreamObserver<PutResponse> responses) {
        UnaryResponses.send(refusable(() -> write(translation.put(request), true)), responses, outcome -> {
            Outcome.Written written = UnaryResponses.expect(outcome, Outcome.Written.class);
            return ResponseTranslation.written(written)
                    .setHeader(headers.at(written.revision()))
                    .build();
        });
    }

    @Override
    public void deleteRange(DeleteRangeRequest request, StreamObserver<DeleteRangeResponse> responses) {
        UnaryResponses.send(refusable(() -> write(translation.deleteRange(request), false)), responses, outcome -> {
            Outcome.Deleted deleted = UnaryResponses.expect(outcome, Outcome.Deleted.class);
            return ResponseTranslation.deleted(deleted)
                    .setHeader(headers.at(deleted.revision()))
                    .build();
        });
    }

    @Override
    public void txn(TxnRequest request, StreamObserver<TxnResponse> responses) {
        CompletableFuture<Outcome> answer = refusable(() -> {
            TxnOperation.Txn txn = translation.txn(request);
            return txn.isReadOnly()
                    ? read(
                            isSerializable(request),
                            largeReads,
                            () -> replica.keyspace().read(txn))
                    : write(txn, true);
        });
        UnaryResponses.send(answer, responses, outcome -> {
            Outcome.Decided decided = UnaryResponses.expect(outcome, Outcome.Decided.class);
            return ResponseTranslation.decided(decided)
                    .setHeader(headers.at(decided.revision()))
                    .build();
        });
    }

    /** Whether every range in every branch may be answered from an older state. */
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
        CompletableFuture<Outcome> answer = request.getPhysical()
                ? compacted.thenCompose(outcome -> outcome instanceof Outcome.Done
                        ? physicalCompaction.reached(request.getRevision()).thenApply(reached -> outcome)
                        : CompletableFuture.completedFuture(outcome))
                : compacted;
        UnaryResponses.send(
                answer,
                responses,
                outcome -> CompactionResponse.newBuilder()
                        .setHeader(headers.at(UnaryResponses.expect(outcome, Outcome.Done.class)
                                .revision()))
                        .build());
    }

    /** Runs {@code start}; what it throws is the failure of the answer. */
    private static CompletableFuture<Outcome> refusable(Supplier<CompletableFuture<Outcome>> start) {
        try {
            return start.get();
        } catch (RuntimeException refused) {
            return CompletableFuture.failedFuture(refused);
        }
    }

    private CompletableFuture<Outcome> read(boolean serializable, Executor where, Supplier<Outcome> read) {
        CompletableFuture<Void> ready = serializable ? CompletableFuture.completedFuture(null) : replica.readBarrier();
        return ready.thenApplyAsync(
                caughtUp -> {
                    Outcome outcome = read.get();
                    reads.add(outcome);
                    return outcome;
                },
                where);
    }

    private CompletableFuture<Outcome> write(Command command, boolean needsSpace) {
        Request request = new Request(command, RequestMetadata.requestId());
        if (needsSpace) {
            quota.reserve(request);
        }
        return replica.propose(request)
                .thenCompose(outcome -> keyValues(outcome) <= KEY_VALUES_IN_PASSING_MAX
                        ? CompletableFuture.completedFuture(outcome)
                        : CompletableFuture.supplyAsync(() -> outcome, largeReads));
    }

    /** Keys and values that the answer to a write carries back. */
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
