package io.mandate.server.etcd.lease;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.mandate.etcdapi.LeaseKeepAliveRequest;
import io.mandate.etcdapi.LeaseKeepAliveResponse;
import io.mandate.server.etcd.call.EtcdErrors;
import io.mandate.server.etcd.call.RequireLeaderStreams;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * One stream of renewals. Several may be in flight; they are answered in the order of arrival. No more requests are
 * read from a client that does not read its responses or has too many renewals in flight.
 */
public final class KeepAliveCall implements StreamObserver<LeaseKeepAliveRequest>, RequireLeaderStreams.Stream {
    /** Renewals in flight on one stream; enough for a process that shares one stream among many thousand leases. */
    private static final int IN_FLIGHT_MAX = 1_024;

    private final ServerCallStreamObserver<LeaseKeepAliveResponse> responses;
    private final Function<LeaseKeepAliveRequest, CompletableFuture<LeaseKeepAliveResponse>> renew;
    private final Deque<CompletableFuture<LeaseKeepAliveResponse>> inFlight = new ArrayDeque<>();
    private boolean halfClosed;
    private boolean ended;

    public KeepAliveCall(
            ServerCallStreamObserver<LeaseKeepAliveResponse> responses,
            Function<LeaseKeepAliveRequest, CompletableFuture<LeaseKeepAliveResponse>> renew) {
        this.responses = responses;
        this.renew = renew;
    }

    public KeepAliveCall open() {
        responses.disableAutoRequest();
        responses.setOnCancelHandler(this::cancelled);
        responses.setOnReadyHandler(this::sendCompleted);
        responses.request(IN_FLIGHT_MAX);
        return this;
    }

    private synchronized void cancelled() {
        ended = true;
    }

    @Override
    public void onNext(LeaseKeepAliveRequest request) {
        CompletableFuture<LeaseKeepAliveResponse> renewal = renew.apply(request);
        synchronized (this) {
            inFlight.addLast(renewal);
        }
        renewal.whenComplete((done, failure) -> sendCompleted());
    }

    /** Sends the completed responses from the head of the queue, and requests as many messages. */
    private synchronized void sendCompleted() {
        int sent = 0;
        while (!ended && !inFlight.isEmpty() && inFlight.getFirst().isDone() && responses.isReady()) {
            send(inFlight.removeFirst());
            sent++;
        }
        if (!ended && halfClosed && inFlight.isEmpty()) {
            ended = true;
            responses.onCompleted();
        } else if (!ended && sent > 0) {
            responses.request(sent);
        }
    }

    private void send(CompletableFuture<LeaseKeepAliveResponse> renewal) {
        try {
            responses.onNext(renewal.join());
        } catch (RuntimeException failed) {
            fail(EtcdErrors.of(failed));
        }
    }

    @Override
    public synchronized void fail(Status status) {
        if (!ended) {
            ended = true;
            responses.onError(status.asRuntimeException());
        }
    }

    @Override
    public void onError(Throwable failure) {
        cancelled();
    }

    @Override
    public void onCompleted() {
        synchronized (this) {
            halfClosed = true;
        }
        sendCompleted();
    }
}
