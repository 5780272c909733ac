package io.mandate.store.etcd;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.mandate.election.store.StoreException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Requests with one answer: sent again, by another way, while there is time and they can be repeated without harm.
 * Thread-safe.
 */
final class Unary {
    /** More operations under way at once than a library with one loop has a use for. */
    private static final int UNDER_WAY_MAX = 20_000;

    /** So that a store without a leader is not asked without a pause. */
    static final long RETRY_PAUSE_MILLIS = 25;

    /** After which nobody knows whether the request took effect, or that it did not but may if it is sent again. */
    private static final Set<Status.Code> WORTH_REPEATING = Set.of(
            Status.Code.UNAVAILABLE,
            Status.Code.DEADLINE_EXCEEDED,
            Status.Code.CANCELLED,
            Status.Code.UNKNOWN,
            Status.Code.INTERNAL,
            Status.Code.ABORTED,
            Status.Code.RESOURCE_EXHAUSTED);

    private final Endpoints endpoints;
    private final Duration timeout;
    private final AtomicInteger underWay = new AtomicInteger();

    Unary(Endpoints endpoints, Duration timeout) {
        this.endpoints = endpoints;
        this.timeout = timeout;
    }

    /** A request that can be repeated without harm. */
    <Q, A> CompletableFuture<A> ask(MethodDescriptor<Q, A> method, Q request, Metadata metadata) {
        return ask(method, attempt -> request, attempt -> metadata);
    }

    /** What is sent in an attempt, counted from 1. */
    interface OfAttempt<V> {
        V at(int attempt);
    }

    <Q, A> CompletableFuture<A> ask(MethodDescriptor<Q, A> method, OfAttempt<Q> request, OfAttempt<Metadata> metadata) {
        CompletableFuture<A> answer = new CompletableFuture<>();
        if (endpoints.isClosed()) {
            answer.completeExceptionally(endpoints.closedHere());
            return answer;
        }
        if (underWay.incrementAndGet() > UNDER_WAY_MAX) {
            underWay.decrementAndGet();
            answer.completeExceptionally(new StoreException("more than " + UNDER_WAY_MAX + " requests to "
                    + endpoints.name() + " are without an answer: ask less at once, or look why the store is slow"));
            return answer;
        }
        answer.whenComplete((value, failure) -> underWay.decrementAndGet());
        new Attempts<>(method, request, metadata, answer).next();
        return answer;
    }

    private final class Attempts<Q, A> {
        private final MethodDescriptor<Q, A> method;
        private final OfAttempt<Q> request;
        private final OfAttempt<Metadata> metadata;
        private final CompletableFuture<A> answer;
        private final long endNanos = System.nanoTime() + timeout.toNanos();
        private int attempt;

        Attempts(
                MethodDescriptor<Q, A> method,
                OfAttempt<Q> request,
                OfAttempt<Metadata> metadata,
                CompletableFuture<A> answer) {
            this.method = method;
            this.request = request;
            this.metadata = metadata;
            this.answer = answer;
        }

        void next() {
            attempt++;
            Channel channel = endpoints.current();
            long leftNanos = endNanos - System.nanoTime();
            // The only way is waited for to the end; of several each gets a part.
            long patienceNanos = endpoints.count() == 1 ? leftNanos : Math.min(leftNanos, timeout.toNanos() / 3);
            ClientCall<Q, A> call = ClientInterceptors.intercept(
                            channel, MetadataUtils.newAttachHeadersInterceptor(metadata.at(attempt)))
                    .newCall(
                            method,
                            CallOptions.DEFAULT.withDeadlineAfter(Math.max(1, patienceNanos), TimeUnit.NANOSECONDS));
            ClientCalls.asyncUnaryCall(call, request.at(attempt), new StreamObserver<>() {
                private @Nullable A value;

                @Override
                public void onNext(A response) {
                    value = response;
                }

                @Override
                public void onError(Throwable failure) {
                    failed(channel, Status.fromThrowable(failure));
                }

                @Override
                public void onCompleted() {
                    answer.complete(value);
                }
            });
        }

        private void failed(Channel channel, Status status) {
            if (endpoints.isClosed()) {
                answer.completeExceptionally(endpoints.closedHere());
                return;
            }
            if (!WORTH_REPEATING.contains(status.getCode())) {
                answer.completeExceptionally(status.asRuntimeException());
                return;
            }
            endpoints.leave(channel);
            if (System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(RETRY_PAUSE_MILLIS) < endNanos) {
                CompletableFuture.delayedExecutor(RETRY_PAUSE_MILLIS, TimeUnit.MILLISECONDS)
                        .execute(this::next);
            } else {
                answer.completeExceptionally(unreachable(status));
            }
        }
    }

    private StoreException unreachable(Status status) {
        return new StoreException(
                "the store at " + endpoints.name() + " did not answer within " + timeout.toMillis() + " ms ("
                        + status.getCode()
                        + (status.getDescription() == null ? "" : ": " + status.getDescription())
                        + "): is it running, and does a majority of it?",
                status.asRuntimeException());
    }
}
