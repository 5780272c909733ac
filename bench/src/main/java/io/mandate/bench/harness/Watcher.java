package io.mandate.bench.harness;

import com.google.protobuf.ByteString;
import io.grpc.Channel;
import io.grpc.stub.StreamObserver;
import io.mandate.etcdapi.Event;
import io.mandate.etcdapi.WatchCreateRequest;
import io.mandate.etcdapi.WatchGrpc;
import io.mandate.etcdapi.WatchRequest;
import io.mandate.etcdapi.WatchResponse;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** One watch of one key on a stream of its own. */
public final class Watcher implements AutoCloseable, StreamObserver<WatchResponse> {
    private static final long CREATE_SECONDS_MAX = 30;

    private final Listener listener;
    private final CompletableFuture<Boolean> created = new CompletableFuture<>();
    private final StreamObserver<WatchRequest> requests;
    private volatile boolean closed;

    /** What is told of events and of the stream's end, on the connection's event loop. */
    public interface Listener {
        void event(long modRevision, long nanos);

        void broken(String reason);
    }

    public Watcher(Channel channel, ByteString key, Listener listener) {
        this.listener = listener;
        this.requests = WatchGrpc.newStub(channel).watch(this);
        requests.onNext(WatchRequest.newBuilder()
                .setCreateRequest(WatchCreateRequest.newBuilder().setKey(key))
                .build());
    }

    /** Returns when the server has confirmed the watch. */
    public void awaitCreated() throws InterruptedException, ExecutionException, TimeoutException {
        created.get(CREATE_SECONDS_MAX, TimeUnit.SECONDS);
    }

    @Override
    public void onNext(WatchResponse answer) {
        long nanos = System.nanoTime();
        if (answer.getCanceled()) {
            end("watch cancelled: " + answer.getCancelReason());
            return;
        }
        if (answer.getCreated()) {
            created.complete(true);
        }
        for (Event event : answer.getEventsList()) {
            listener.event(event.getKv().getModRevision(), nanos);
        }
    }

    @Override
    public void onError(Throwable error) {
        end(error.toString());
    }

    @Override
    public void onCompleted() {
        end("watch stream ended");
    }

    @Override
    public void close() {
        closed = true;
        requests.onCompleted();
    }

    private void end(String reason) {
        created.completeExceptionally(new IllegalStateException(reason));
        if (!closed) {
            listener.broken(reason);
        }
    }
}
