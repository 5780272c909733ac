package io.mandate.verify.faults;

import io.grpc.stub.StreamObserver;
import io.mandate.etcdapi.Compare;
import io.mandate.etcdapi.KVGrpc;
import io.mandate.etcdapi.KeyValue;
import io.mandate.etcdapi.PutRequest;
import io.mandate.etcdapi.PutResponse;
import io.mandate.etcdapi.RangeRequest;
import io.mandate.etcdapi.RangeResponse;
import io.mandate.etcdapi.RequestOp;
import io.mandate.etcdapi.TxnRequest;
import io.mandate.etcdapi.TxnResponse;
import io.mandate.verify.faults.ClientOperation.Outcome;
import io.mandate.verify.faults.ClientOperation.Read;
import io.mandate.verify.faults.ClientOperation.Write;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Clients that each have one operation outstanding at all times, spread over all nodes: half of the operations are
 * puts, a third compare-and-swaps, the rest linearizable reads. An error is recorded as an unknown outcome, and the
 * client goes on at the next node.
 */
final class Workload implements AutoCloseable {
    /**
     * Far below a server's own time-out: what was forwarded to a leader that died is never answered, and clients that
     * wait for it make no load. It also makes many unknown outcomes, on which double application would show.
     */
    private static final long OPERATION_MILLIS_MAX = 1_000;

    private static final long HANG_MILLIS = 15 * OPERATION_MILLIS_MAX;

    /**
     * A refused connection fails in microseconds: without a pause the clients of a dead node would do nothing but spin.
     */
    private static final long PAUSE_AFTER_ERROR_MILLIS = 20;

    /**
     * Of all workloads of a run: histories are kept in memory, about 200 bytes each; a fast server would fill the heap
     * in a long run.
     */
    static final long OPERATIONS_PER_SECOND_MAX = 8_000;

    private final GroupStore store;
    private final Load load;
    private final AtomicReferenceArray<KeyVersion> hints;
    private final boolean oldReads;
    private final AtomicLong uniqueValues = new AtomicLong();
    private final AtomicLong issued = new AtomicLong();
    private final AtomicLong acknowledged = new AtomicLong();
    private final AtomicLong acknowledgedRevision = new AtomicLong();
    private final List<Client> clients = new ArrayList<>();
    private final CountDownLatch idle;
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(task -> HistoryWatch.daemon(task, "workload"));
    private final long startNanos = System.nanoTime();
    private volatile boolean stopping;

    private Workload(GroupStore store, Load load, boolean oldReads, long seed) {
        this.store = store;
        this.load = load;
        this.oldReads = oldReads;
        this.hints = new AtomicReferenceArray<>(load.keys);
        this.idle = new CountDownLatch(load.clients);
        SplittableRandom seeds = new SplittableRandom(seed);
        for (int i = 0; i < load.clients; i++) {
            clients.add(new Client(i, seeds.split()));
        }
    }

    /** How much. */
    record Load(int clients, int keys, long operationsPerSecondMax) {}

    static Workload start(GroupStore store, Load load, boolean oldReads, long seed) {
        Workload workload = new Workload(store, load, oldReads, seed);
        workload.clients.forEach(Client::next);
        return workload;
    }

    /** Acknowledged writes so far. */
    long acknowledged() {
        return acknowledged.get();
    }

    /**
     * Lets every client end its operation and returns the history.
     *
     * @throws IllegalStateException if an operation outlives its deadline: something hangs
     */
    List<ClientOperation> stop() {
        stopping = true;
        try {
            if (!idle.await(HANG_MILLIS, TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException(idle.getCount() + " clients got neither an answer nor an error within "
                        + Duration.ofMillis(HANG_MILLIS));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
        List<ClientOperation> history = new ArrayList<>();
        clients.forEach(client -> history.addAll(client.history));
        return history;
    }

    @Override
    public void close() {
        stopping = true;
        timer.shutdownNow();
    }

    /**
     * Its methods run one after the other, though on changing threads: each is called by the end of the operation
     * before.
     */
    private final class Client {
        private final SplittableRandom random;
        private final List<ClientOperation> history = new ArrayList<>();
        private int node;

        Client(int index, SplittableRandom random) {
            this.node = index % store.size();
            this.random = random;
        }

        void next() {
            if (stopping) {
                idle.countDown();
                return;
            }
            long dueNanos = issued.incrementAndGet() * (1_000_000_000 / load.operationsPerSecondMax);
            long waitNanos = startNanos + dueNanos - System.nanoTime();
            if (waitNanos > TimeUnit.MILLISECONDS.toNanos(1)) {
                var unused = timer.schedule(this::issue, waitNanos, TimeUnit.NANOSECONDS);
            } else {
                issue();
            }
        }

        private void issue() {
            int key = random.nextInt(hints.length());
            int kind = random.nextInt(6);
            if (kind < 3) {
                put(key);
            } else if (kind < 5) {
                compareAndSwap(key);
            } else {
                read(key);
            }
        }

        private KVGrpc.KVStub stub() {
            return KVGrpc.newStub(store.channel(node)).withDeadlineAfter(OPERATION_MILLIS_MAX, TimeUnit.MILLISECONDS);
        }

        private void put(int key) {
            long value = uniqueValues.incrementAndGet();
            long callNanos = System.nanoTime();
            stub().put(
                            PutRequest.newBuilder()
                                    .setKey(HistoryKeys.key(key))
                                    .setValue(HistoryKeys.value(value))
                                    .build(),
                            new Answer<PutResponse>() {
                                @Override
                                void answered(PutResponse response, long returnNanos) {
                                    applied(
                                            key,
                                            value,
                                            Write.UNCONDITIONAL,
                                            response.getHeader().getRevision(),
                                            callNanos,
                                            returnNanos);
                                }

                                @Override
                                void failed(long returnNanos) {
                                    unknown(key, value, Write.UNCONDITIONAL, callNanos, returnNanos);
                                }
                            });
        }

        private void compareAndSwap(int key) {
            long value = uniqueValues.incrementAndGet();
            KeyVersion hint = hints.get(key);
            long expected = hint == null ? 0 : hint.modRevision();
            TxnRequest request = TxnRequest.newBuilder()
                    .addCompare(Compare.newBuilder()
                            .setTarget(Compare.CompareTarget.MOD)
                            .setKey(HistoryKeys.key(key))
                            .setModRevision(expected))
                    .addSuccess(RequestOp.newBuilder()
                            .setRequestPut(PutRequest.newBuilder()
                                    .setKey(HistoryKeys.key(key))
                                    .setValue(HistoryKeys.value(value))))
                    .addFailure(RequestOp.newBuilder()
                            .setRequestRange(RangeRequest.newBuilder().setKey(HistoryKeys.key(key))))
                    .build();
            long callNanos = System.nanoTime();
            stub().txn(request, new Answer<TxnResponse>() {
                @Override
                void answered(TxnResponse response, long returnNanos) {
                    long revision = response.getHeader().getRevision();
                    if (response.getSucceeded()) {
                        applied(key, value, expected, revision, callNanos, returnNanos);
                    } else {
                        KeyVersion seen =
                                only(response.getResponses(0).getResponseRange().getKvsList());
                        hints.set(key, seen);
                        history.add(new Write(
                                key, value, expected, Outcome.REFUSED, revision, seen, callNanos, returnNanos));
                    }
                }

                @Override
                void failed(long returnNanos) {
                    unknown(key, value, expected, callNanos, returnNanos);
                }
            });
        }

        private void read(int key) {
            // Zero asks for the present.
            long oldRevision = oldReads ? Math.max(0, acknowledgedRevision.get() - 1) : 0;
            long callNanos = System.nanoTime();
            stub().range(
                            RangeRequest.newBuilder()
                                    .setKey(HistoryKeys.key(key))
                                    .setRevision(oldRevision)
                                    .build(),
                            new Answer<RangeResponse>() {
                                @Override
                                void answered(RangeResponse response, long returnNanos) {
                                    KeyVersion seen = only(response.getKvsList());
                                    long revision = oldRevision == 0
                                            ? response.getHeader().getRevision()
                                            : oldRevision;
                                    hints.set(key, seen);
                                    history.add(new Read(key, revision, seen, callNanos, returnNanos));
                                }

                                @Override
                                void failed(long returnNanos) {
                                    // A read without an answer says nothing.
                                }
                            });
        }

        private void applied(int key, long value, long expected, long revision, long callNanos, long returnNanos) {
            acknowledged.incrementAndGet();
            acknowledgedRevision.accumulateAndGet(revision, Math::max);
            // The create revision is not known here; of a hint only the modification revision is used.
            hints.set(key, new KeyVersion(value, revision, revision, 1));
            history.add(new Write(
                    key, value, expected, Outcome.APPLIED, revision, KeyVersion.ABSENT, callNanos, returnNanos));
        }

        private void unknown(int key, long value, long expected, long callNanos, long returnNanos) {
            history.add(new Write(key, value, expected, Outcome.UNKNOWN, 0, KeyVersion.ABSENT, callNanos, returnNanos));
        }

        private KeyVersion only(List<KeyValue> kvs) {
            return kvs.isEmpty() ? KeyVersion.ABSENT : HistoryKeys.parse(kvs.get(0));
        }

        /** Turns the calls of a unary stub into exactly one of two, then issues the client's next operation. */
        private abstract class Answer<T> implements StreamObserver<T> {
            private boolean answered;

            abstract void answered(T response, long returnNanos);

            abstract void failed(long returnNanos);

            @Override
            public void onNext(T response) {
                answered = true;
                answered(response, System.nanoTime());
            }

            @Override
            public void onError(Throwable failure) {
                if (!answered) {
                    failed(System.nanoTime());
                }
                node = (node + 1) % store.size();
                if (stopping) {
                    idle.countDown();
                } else {
                    var unused = timer.schedule(Client.this::next, PAUSE_AFTER_ERROR_MILLIS, TimeUnit.MILLISECONDS);
                }
            }

            @Override
            public void onCompleted() {
                next();
            }
        }
    }
}
