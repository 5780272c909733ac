package io.mandate.server.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.mandate.etcdapi.WatchCancelRequest;
import io.mandate.etcdapi.WatchCreateRequest;
import io.mandate.etcdapi.WatchGrpc;
import io.mandate.etcdapi.WatchProgressRequest;
import io.mandate.etcdapi.WatchRequest;
import io.mandate.etcdapi.WatchResponse;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A watch stream of a client. */
final class WatchClient implements StreamObserver<WatchResponse> {
    private static final int WAIT_SECONDS_MAX = 20;

    private final BlockingQueue<WatchResponse> responses = new LinkedBlockingQueue<>();
    private final CompletableFuture<Status> ended = new CompletableFuture<>();
    private final StreamObserver<WatchRequest> requests;

    WatchClient(WatchGrpc.WatchStub stub) {
        requests = stub.watch(this);
    }

    static WatchCreateRequest.Builder watching(String key) {
        return WatchCreateRequest.newBuilder().setKey(EtcdApiFixture.bytes(key));
    }

    WatchClient send(WatchCreateRequest.Builder create) {
        requests.onNext(WatchRequest.newBuilder().setCreateRequest(create).build());
        return this;
    }

    WatchClient cancel(long id) {
        requests.onNext(WatchRequest.newBuilder()
                .setCancelRequest(WatchCancelRequest.newBuilder().setWatchId(id))
                .build());
        return this;
    }

    WatchClient requestProgress() {
        requests.onNext(WatchRequest.newBuilder()
                .setProgressRequest(WatchProgressRequest.getDefaultInstance())
                .build());
        return this;
    }

    /** Creates a watcher and receives the confirmation. */
    WatchClient created(WatchCreateRequest.Builder create) throws InterruptedException {
        WatchResponse confirmation = send(create).next();
        assertThat(confirmation.getCreated()).as("created: %s", confirmation).isTrue();
        assertThat(confirmation.getCanceled()).as("canceled: %s", confirmation).isFalse();
        return this;
    }

    WatchResponse next() throws InterruptedException {
        WatchResponse next = responses.poll(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
        assertThat(next).as("next response").isNotNull();
        return next;
    }

    Status end() throws Exception {
        return ended.get(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
    }

    @Override
    public void onNext(WatchResponse response) {
        responses.add(response);
    }

    @Override
    public void onError(Throwable failure) {
        ended.complete(Status.fromThrowable(failure));
    }

    @Override
    public void onCompleted() {
        ended.complete(Status.OK);
    }
}
