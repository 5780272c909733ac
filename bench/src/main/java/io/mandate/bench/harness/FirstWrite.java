package io.mandate.bench.harness;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.mandate.etcdapi.KVGrpc;
import io.mandate.etcdapi.PutRequest;
import io.mandate.etcdapi.PutResponse;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/**
 * Asks every node again and again, without waiting for earlier attempts, until one acknowledges a put: a client's own
 * back-off would otherwise be measured instead of the servers.
 */
public final class FirstWrite {
    /**
     * Resolution of the result for a server that refuses at once; one that lets the put wait answers to the
     * microsecond.
     */
    private static final long TICK_MILLIS = 5;

    /** Attempts left waiting; more would be load. */
    private static final int OUTSTANDING_MAX = 400;

    private static final long ATTEMPT_MILLIS_MAX = 1_000;
    private static final long NOT_YET = Long.MIN_VALUE;

    private static final PutRequest REQUEST = PutRequest.newBuilder()
            .setKey(ByteString.copyFromUtf8("bench/first"))
            .setValue(ByteString.copyFromUtf8("written"))
            .build();

    private final List<ManagedChannel> channels;
    private final AtomicLong acknowledgedNanos = new AtomicLong(NOT_YET);
    private final CountDownLatch acknowledged = new CountDownLatch(1);
    private final AtomicInteger outstanding = new AtomicInteger();

    private FirstWrite(List<ManagedChannel> channels) {
        this.channels = channels;
    }

    /**
     * When the first put sent after the call was acknowledged, on the clock of {@link System#nanoTime}.
     *
     * @param hopeful false ends the waiting early
     * @return empty if none was in time
     */
    public static OptionalLong await(List<ManagedChannel> channels, Duration timeout, BooleanSupplier hopeful)
            throws InterruptedException {
        return new FirstWrite(channels).run(timeout, hopeful);
    }

    private OptionalLong run(Duration timeout, BooleanSupplier hopeful) throws InterruptedException {
        long deadlineNanos = System.nanoTime() + timeout.toNanos();
        do {
            channels.forEach(this::attempt);
            if (acknowledged.await(TICK_MILLIS, TimeUnit.MILLISECONDS)) {
                return OptionalLong.of(acknowledgedNanos.get());
            }
        } while (hopeful.getAsBoolean() && System.nanoTime() - deadlineNanos < 0);
        return OptionalLong.empty();
    }

    private void attempt(ManagedChannel channel) {
        if (outstanding.incrementAndGet() > OUTSTANDING_MAX) {
            outstanding.decrementAndGet();
            return;
        }
        channel.resetConnectBackoff();
        CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(ATTEMPT_MILLIS_MAX, TimeUnit.MILLISECONDS);
        ClientCalls.asyncUnaryCall(
                channel.newCall(KVGrpc.getPutMethod(), options), REQUEST, new StreamObserver<PutResponse>() {
                    @Override
                    public void onNext(PutResponse answer) {
                        acknowledgedNanos.compareAndSet(NOT_YET, System.nanoTime());
                        acknowledged.countDown();
                    }

                    @Override
                    public void onError(Throwable error) {
                        // Expected until there is a leader; that it never ends is reported by the caller.
                        outstanding.decrementAndGet();
                    }

                    @Override
                    public void onCompleted() {
                        outstanding.decrementAndGet();
                    }
                });
    }
}
