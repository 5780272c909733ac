package io.mandate.server.etcd;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.mandate.etcdapi.LeaseKeepAliveRequest;
import io.mandate.etcdapi.LeaseKeepAliveResponse;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * One stream of renewals: many may be under way, and are answered in the order they came. A client that does not read
 * its answers, or has too many renewals under way, is not read from.
 */
final class KeepAliveCall implements StreamObserver<LeaseKeepAliveRequest>, RequireLeaderStreams.Stream {
    /**
     * Renewals under way on one stream: a process that shares one stream among many thousand leases still keeps it
     * full.
     */
    private static final int UNDER_WAY_MAX = 1_024;

    private final ServerCallStreamObserver<LeaseKeepAliveResponse> responses;
    private final Function<LeaseKeepAliveRequest, CompletableFuture<LeaseKeepAliveResponse>> renew;
    private final Deque<CompletableFuture<LeaseKeepAliveResponse>> underWay = new ArrayDeque<>();
    private boolean allAsked;
    private boolean ended;

    KeepAliveCall(
            ServerCallStreamObserver<LeaseKeepAliveResponse> responses,
            Function<LeaseKeepAliveRequest, CompletableFuture<LeaseKeepAliveResponse>> renew) {
        this.responses = responses;
        this.renew = renew;
    }

    KeepAliveCall open() {
        responses.disableAutoRequest();
        responses.setOnCancelHandler(this::cancelled);
        responses.setOnReadyHandler(this::answer);
        responses.request(UNDER_WAY_MAX);
        return this;
    }

    private synchronized void cancelled() {
        ended = true;
    }

    @Override
    public void onNext(LeaseKeepAliveRequest request) {
        CompletableFuture<LeaseKeepAliveResponse> renewal = renew.apply(request);
        synchronized (this) {
            underWay.addLast(renewal);
        }
        renewal.whenComplete((done, failure) -> answer());
    }

    /** Sends what is complete from the front on, and asks for as many more. */
    private synchronized void answer() {
        int answered = 0;
        while (!ended && !underWay.isEmpty() && underWay.getFirst().isDone() && responses.isReady()) {
            send(underWay.removeFirst());
            answered++;
        }
        if (!ended && allAsked && underWay.isEmpty()) {
            ended = true;
            responses.onCompleted();
        } else if (!ended && answered > 0) {
            responses.request(answered);
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
    public synchronized void fail(Status why) {
        if (!ended) {
            ended = true;
            responses.onError(why.asRuntimeException());
        }
    }

    @Override
    public void onError(Throwable failure) {
        cancelled();
    }

    @Override
    public void onCompleted() {
        synchronized (this) {
            allAsked = true;
        }
        answer();
    }
}
