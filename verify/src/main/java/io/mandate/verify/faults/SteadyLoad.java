package io.mandate.verify.faults;

import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import io.mandate.etcdapi.KVGrpc;
import io.mandate.etcdapi.PutRequest;
import io.mandate.etcdapi.PutResponse;
import io.mandate.verify.process.ProcessCluster;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * As many puts outstanding at all times as there are clients, for as long as wanted; only errors are remembered. A
 * client goes on at the next node after an error, as real ones do. Thread-safe.
 */
final class SteadyLoad implements AutoCloseable {
    private static final int KEYS = 1_000;
    private static final long PUT_MILLIS_MAX = 10_000;
    private static final long PAUSE_AFTER_ERROR_MILLIS = 20;

    /** More would only say the same. */
    private static final int ERRORS_MAX = 10_000;

    private static final ByteString VALUE = ByteString.copyFrom(new byte[100]);

    /** A put that failed. */
    record Failure(long sentNanos, int node, String status) {}

    private final ProcessCluster cluster;
    private final AtomicLong acknowledged = new AtomicLong();
    private final AtomicLong errorCount = new AtomicLong();
    private final Queue<Failure> failures = new ConcurrentLinkedQueue<>();
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(task -> HistoryWatch.daemon(task, "steady-load"));
    private volatile boolean stopping;

    private SteadyLoad(ProcessCluster cluster) {
        this.cluster = cluster;
    }

    static SteadyLoad start(ProcessCluster cluster, int clients) {
        SteadyLoad load = new SteadyLoad(cluster);
        for (int client = 0; client < clients; client++) {
            load.new Client(client).next();
        }
        return load;
    }

    long acknowledged() {
        return acknowledged.get();
    }

    /** The puts that failed so far, the first {@value #ERRORS_MAX} of them. */
    List<Failure> failures() {
        return List.copyOf(failures);
    }

    @Override
    public void close() {
        stopping = true;
        timer.shutdownNow();
    }

    private final class Client implements StreamObserver<PutResponse> {
        private final ByteString key;
        private int node;
        private long sentNanos;

        Client(int index) {
            this.key = ByteString.copyFromUtf8("load/" + index % KEYS);
            this.node = index % cluster.size();
        }

        void next() {
            if (stopping) {
                return;
            }
            sentNanos = System.nanoTime();
            KVGrpc.newStub(cluster.node(node).channel())
                    .withDeadlineAfter(PUT_MILLIS_MAX, TimeUnit.MILLISECONDS)
                    .put(PutRequest.newBuilder().setKey(key).setValue(VALUE).build(), this);
        }

        @Override
        public void onNext(PutResponse response) {
            acknowledged.incrementAndGet();
        }

        @Override
        public void onError(Throwable failure) {
            if (errorCount.incrementAndGet() <= ERRORS_MAX) {
                failures.add(new Failure(sentNanos, node, String.valueOf(failure.getMessage())));
            }
            node = (node + 1) % cluster.size();
            if (!stopping) {
                var unused = timer.schedule(this::next, PAUSE_AFTER_ERROR_MILLIS, TimeUnit.MILLISECONDS);
            }
        }

        @Override
        public void onCompleted() {
            next();
        }
    }
}
