package io.mandate.store.etcd;

import com.google.protobuf.ByteString;
import io.grpc.Channel;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.mandate.election.store.Watch;
import io.mandate.etcdapi.WatchCancelRequest;
import io.mandate.etcdapi.WatchCreateRequest;
import io.mandate.etcdapi.WatchGrpc;
import io.mandate.etcdapi.WatchRequest;
import io.mandate.etcdapi.WatchResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All watches of a store, on one stream, which is opened anew when it breaks. Callbacks run under no lock. Thread-safe.
 */
final class Watches implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Watches.class);
    private static final int WATCHES_MAX = 100_000;
    private static final long RETRY_MILLIS_MIN = 50;
    private static final int RETRY_DOUBLINGS = 6;

    private final Endpoints endpoints;
    private final Map<Long, Watched> watches = new HashMap<>();
    private @Nullable Stream stream;
    private long ids;
    private int failuresInARow;
    private boolean closed;

    /** @param changed is given the keys that changed, or none if any may have */
    private record Watched(ByteString prefix, ByteString end, Consumer<Set<String>> changed) {}

    Watches(Endpoints endpoints) {
        this.endpoints = endpoints;
    }

    synchronized Watch add(ByteString prefix, ByteString end, Consumer<Set<String>> changed) {
        if (watches.size() >= WATCHES_MAX) {
            throw new IllegalStateException("more than " + WATCHES_MAX + " watches on the store at " + endpoints.name()
                    + ": close some, or spread them over several stores");
        }
        long id = ++ids;
        Watched watched = new Watched(prefix, end, changed);
        watches.put(id, watched);
        if (stream == null) {
            open();
        } else {
            stream.create(id, watched);
        }
        return () -> remove(id);
    }

    private synchronized void remove(long id) {
        if (watches.remove(id) != null && stream != null) {
            stream.cancel(id);
        }
    }

    private synchronized void open() {
        if (closed || stream != null || watches.isEmpty()) {
            return;
        }
        Stream opened = new Stream(endpoints.current());
        stream = opened;
        opened.open();
        watches.forEach(opened::create);
    }

    private synchronized void broken(Stream failed, Throwable why) {
        if (stream != failed || closed) {
            return;
        }
        stream = null;
        endpoints.leave(failed.channel);
        long pauseMillis = RETRY_MILLIS_MIN << Math.min(failuresInARow, RETRY_DOUBLINGS);
        failuresInARow++;
        LOG.debug("watch-stream-broken store=\"{}\" cause=\"{}\"", endpoints.name(), why.getMessage());
        CompletableFuture.delayedExecutor(pauseMillis, TimeUnit.MILLISECONDS).execute(this::open);
    }

    private synchronized List<Runnable> affected(WatchResponse response) {
        failuresInARow = 0;
        Watched watched = watches.get(response.getWatchId());
        if (watched == null) {
            return List.of();
        }
        if (response.getCanceled()) {
            // Compacted, or refused: from now on is all that is wanted.
            CompletableFuture.delayedExecutor(RETRY_MILLIS_MIN << RETRY_DOUBLINGS, TimeUnit.MILLISECONDS)
                    .execute(() -> recreate(response.getWatchId()));
            return List.of();
        }
        if (response.getCreated()) {
            return List.of(() -> watched.changed().accept(Set.of()));
        }
        Set<String> keys = response.getEventsList().stream()
                .map(event -> event.getKv().getKey().toStringUtf8())
                .collect(Collectors.toSet());
        return keys.isEmpty() ? List.of() : List.of(() -> watched.changed().accept(keys));
    }

    private synchronized void recreate(long id) {
        Watched watched = watches.get(id);
        if (watched != null && stream != null) {
            stream.create(id, watched);
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        watches.clear();
        if (stream != null) {
            stream.end();
        }
    }

    private final class Stream implements ClientResponseObserver<WatchRequest, WatchResponse> {
        private final Channel channel;
        private @Nullable ClientCallStreamObserver<WatchRequest> requests;

        Stream(Channel channel) {
            this.channel = channel;
        }

        void open() {
            WatchGrpc.newStub(channel)
                    .withInterceptors(StoreMetadata.requiringLeader())
                    .watch(this);
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<WatchRequest> requestStream) {
            requests = requestStream;
        }

        void create(long id, Watched watched) {
            send(WatchRequest.newBuilder()
                    .setCreateRequest(WatchCreateRequest.newBuilder()
                            .setKey(watched.prefix())
                            .setRangeEnd(watched.end())
                            .setWatchId(id))
                    .build());
        }

        void cancel(long id) {
            send(WatchRequest.newBuilder()
                    .setCancelRequest(WatchCancelRequest.newBuilder().setWatchId(id))
                    .build());
        }

        private void send(WatchRequest request) {
            if (requests != null) {
                requests.onNext(request);
            }
        }

        void end() {
            if (requests != null) {
                requests.cancel("closed", null);
            }
        }

        @Override
        public void onNext(WatchResponse response) {
            affected(response).forEach(Runnable::run);
        }

        @Override
        public void onError(Throwable failure) {
            broken(this, failure);
        }

        @Override
        public void onCompleted() {
            broken(this, new IllegalStateException("the store ended the stream"));
        }
    }
}
