package io.mandate.store.etcd;

import io.grpc.Channel;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.mandate.election.store.StoreException;
import io.mandate.etcdapi.LeaseGrpc;
import io.mandate.etcdapi.LeaseKeepAliveRequest;
import io.mandate.etcdapi.LeaseKeepAliveResponse;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Renewals, all on one stream. When they are sent is the library's business: there is no timer here. A renewal of a
 * lease whose last one is still without an answer is taken as a sign that this way does not work, and sent by the next
 * one. Thread-safe.
 */
final class KeepAlives implements AutoCloseable {
    private final Endpoints endpoints;
    private @Nullable Stream stream;
    private boolean closed;

    KeepAlives(Endpoints endpoints) {
        this.endpoints = endpoints;
    }

    /** The time to live in seconds as the store answers it; 0 if there is no such lease. */
    synchronized CompletableFuture<Long> renew(long leaseId) {
        CompletableFuture<Long> answer = new CompletableFuture<>();
        if (closed) {
            answer.completeExceptionally(endpoints.closedHere());
            return answer;
        }
        if (stream != null && endpoints.count() > 1 && stream.waitsFor(leaseId)) {
            stream.abandon();
            stream = null;
        }
        Stream open = stream;
        if (open == null) {
            open = new Stream(endpoints.current());
            stream = open;
            open.open();
        }
        open.send(leaseId, answer);
        if (stream != open) {
            // It broke as it was opened.
            open.fail(new StoreException("the store cannot be reached"));
        }
        return answer;
    }

    private synchronized void broken(Stream failed, Throwable why) {
        if (stream == failed) {
            stream = null;
        }
        failed.fail(why);
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (stream != null) {
            stream.abandon();
        }
    }

    /** Guarded by the object around it; answers are completed under no lock. */
    private final class Stream implements ClientResponseObserver<LeaseKeepAliveRequest, LeaseKeepAliveResponse> {
        private final Channel channel;
        private final Map<Long, Queue<CompletableFuture<Long>>> waiting = new HashMap<>();
        private @Nullable ClientCallStreamObserver<LeaseKeepAliveRequest> requests;

        Stream(Channel channel) {
            this.channel = channel;
        }

        void open() {
            LeaseGrpc.newStub(channel)
                    .withInterceptors(StoreMetadata.requiringLeader())
                    .leaseKeepAlive(this);
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<LeaseKeepAliveRequest> requestStream) {
            requests = requestStream;
        }

        boolean waitsFor(long leaseId) {
            return waiting.containsKey(leaseId);
        }

        void send(long leaseId, CompletableFuture<Long> answer) {
            waiting.computeIfAbsent(leaseId, unused -> new ArrayDeque<>()).add(answer);
            if (requests != null) {
                requests.onNext(
                        LeaseKeepAliveRequest.newBuilder().setID(leaseId).build());
            }
        }

        void abandon() {
            endpoints.leave(channel);
            if (requests != null) {
                requests.cancel("renewals are without an answer", null);
            }
        }

        void fail(Throwable why) {
            endpoints.leave(channel);
            StoreException failure = new StoreException(
                    "renewals to the store at " + endpoints.name() + " broke off: " + why.getMessage(), why);
            waiting.values().forEach(answers -> answers.forEach(answer -> answer.completeExceptionally(failure)));
            waiting.clear();
        }

        private @Nullable CompletableFuture<Long> answered(long leaseId) {
            synchronized (KeepAlives.this) {
                Queue<CompletableFuture<Long>> answers = waiting.get(leaseId);
                if (answers == null) {
                    return null;
                }
                CompletableFuture<Long> first = answers.poll();
                if (answers.isEmpty()) {
                    waiting.remove(leaseId);
                }
                return first;
            }
        }

        @Override
        public void onNext(LeaseKeepAliveResponse response) {
            CompletableFuture<Long> answer = answered(response.getID());
            if (answer != null) {
                answer.complete(response.getTTL());
            }
        }

        @Override
        public void onError(Throwable failure) {
            broken(this, failure);
        }

        @Override
        public void onCompleted() {
            broken(this, new StoreException("the store ended the stream"));
        }
    }
}
