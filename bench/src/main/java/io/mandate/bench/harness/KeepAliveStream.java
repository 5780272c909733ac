package io.mandate.bench.harness;

import io.grpc.Channel;
import io.grpc.stub.StreamObserver;
import io.mandate.etcdapi.LeaseGrpc;
import io.mandate.etcdapi.LeaseKeepAliveRequest;
import io.mandate.etcdapi.LeaseKeepAliveResponse;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * One keep-alive stream that several slots share. Answers come one per request and in order, so a queue tells whose
 * each is. Thread-safe.
 */
public final class KeepAliveStream implements AutoCloseable, StreamObserver<LeaseKeepAliveResponse> {
    private final Deque<Slot.Outcome> waiting = new ArrayDeque<>();
    private final StreamObserver<LeaseKeepAliveRequest> requests;

    public KeepAliveStream(Channel channel) {
        requests = LeaseGrpc.newStub(channel).leaseKeepAlive(this);
    }

    /** A slot that renews these leases in turn, one at a time. */
    public Slot slot(long... leases) {
        return new Slot() {
            private int next;

            @Override
            public void issue(Outcome outcome) {
                send(leases[next++ % leases.length], outcome);
            }
        };
    }

    private synchronized void send(long lease, Slot.Outcome outcome) {
        waiting.addLast(outcome);
        requests.onNext(LeaseKeepAliveRequest.newBuilder().setID(lease).build());
    }

    @Override
    public void onNext(LeaseKeepAliveResponse answer) {
        Slot.Outcome outcome = nextWaiting();
        if (answer.getTTL() > 0) {
            outcome.succeeded();
        } else {
            outcome.failed("renewal refused: lease " + answer.getID());
        }
    }

    @Override
    public void onError(Throwable error) {
        failAll(error.toString());
    }

    @Override
    public void onCompleted() {
        failAll("keep-alive stream ended");
    }

    @Override
    public synchronized void close() {
        requests.onCompleted();
    }

    private synchronized Slot.Outcome nextWaiting() {
        return waiting.removeFirst();
    }

    private void failAll(String reason) {
        Deque<Slot.Outcome> failed;
        synchronized (this) {
            failed = new ArrayDeque<>(waiting);
            waiting.clear();
        }
        failed.forEach(outcome -> outcome.failed(reason));
    }
}
