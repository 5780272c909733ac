package io.mandate.verify.faults;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.mandate.etcdapi.Event;
import io.mandate.etcdapi.WatchCreateRequest;
import io.mandate.etcdapi.WatchGrpc;
import io.mandate.etcdapi.WatchRequest;
import io.mandate.etcdapi.WatchResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A watch of a group's whole keyspace that is resumed, at another node and at the revision after the last one seen,
 * whenever its stream breaks. What it has collected is the log by which a history is judged; it judges nothing itself
 * and keeps whatever it is told. Thread-safe.
 */
final class HistoryWatch implements AutoCloseable {
    private static final ByteString WHOLE_STORE = ByteString.copyFrom(new byte[] {0});
    private static final long RESUME_PAUSE_MILLIS = 50;

    private final GroupStore store;
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(task -> daemon(task, "history-watch"));
    private final List<LogEntry> entries = new ArrayList<>();
    private long lastRevision;
    private int node;
    private int streams;
    private boolean closed;
    private @Nullable String refusal;
    private @Nullable StreamObserver<WatchRequest> requests;

    private HistoryWatch(GroupStore store, int node, long startRevision) {
        this.store = store;
        this.node = node;
        this.lastRevision = startRevision - 1;
    }

    /** Starts at this node. */
    static HistoryWatch start(GroupStore store, int node, long startRevision) {
        HistoryWatch watch = new HistoryWatch(store, node, startRevision);
        watch.open();
        return watch;
    }

    /**
     * Waits until an event of this revision, or of a later one, has come, and returns all entries so far.
     *
     * @throws IllegalStateException if it does not come in time, or the server cancelled the watch
     */
    synchronized List<LogEntry> awaitRevision(long revision, Duration timeout) {
        long deadlineNanos = System.nanoTime() + timeout.toNanos();
        while (lastRevision < revision) {
            long leftMillis = TimeUnit.NANOSECONDS.toMillis(deadlineNanos - System.nanoTime());
            if (refusal != null) {
                throw new IllegalStateException(
                        "watch cancelled by the server after revision " + lastRevision + ": " + refusal);
            }
            if (leftMillis <= 0) {
                throw new IllegalStateException(
                        "watch reached revision " + lastRevision + " of " + revision + " within " + timeout);
            }
            try {
                wait(leftMillis);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted", e);
            }
        }
        return List.copyOf(entries);
    }

    /** How many streams it took: 1 if it was never interrupted. */
    synchronized int streams() {
        return streams;
    }

    @Override
    public void close() {
        StreamObserver<WatchRequest> open;
        synchronized (this) {
            closed = true;
            open = requests;
        }
        timer.shutdownNow();
        if (open != null) {
            open.onError(Status.CANCELLED.asException());
        }
    }

    private synchronized void open() {
        if (closed) {
            return;
        }
        streams++;
        StreamObserver<WatchRequest> stream =
                WatchGrpc.newStub(store.channel(node)).watch(new Receiver());
        requests = stream;
        stream.onNext(WatchRequest.newBuilder()
                .setCreateRequest(WatchCreateRequest.newBuilder()
                        .setKey(WHOLE_STORE)
                        .setRangeEnd(WHOLE_STORE)
                        .setStartRevision(lastRevision + 1))
                .build());
    }

    private synchronized void receive(WatchResponse response) {
        if (response.getCanceled()) {
            refusal = "compact revision " + response.getCompactRevision() + ", reason '" + response.getCancelReason()
                    + "'";
        }
        for (Event event : response.getEventsList()) {
            if (event.getType() != Event.EventType.PUT) {
                refusal = "an event that nobody caused: " + event;
                break;
            }
            entries.add(new LogEntry(HistoryKeys.parseKey(event.getKv().getKey()), HistoryKeys.parse(event.getKv())));
            lastRevision = event.getKv().getModRevision();
        }
        notifyAll();
    }

    private synchronized void resumeLater() {
        node = (node + 1) % store.size();
        if (!closed) {
            var unused = timer.schedule(this::open, RESUME_PAUSE_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    /** One stream; gRPC calls it serially and ends it with exactly one of its last two methods. */
    private final class Receiver implements StreamObserver<WatchResponse> {
        @Override
        public void onNext(WatchResponse response) {
            receive(response);
        }

        @Override
        public void onError(Throwable failure) {
            resumeLater();
        }

        @Override
        public void onCompleted() {
            resumeLater();
        }
    }
}
