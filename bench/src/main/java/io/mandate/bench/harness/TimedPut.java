package io.mandate.bench.harness;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.mandate.etcdapi.KVGrpc;
import io.mandate.etcdapi.PutRequest;
import io.mandate.etcdapi.PutResponse;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One put, and when its answer came, taken where the answer is read so that no thread's waking is measured.
 *
 * @param sentNanos on the clock of {@link System#nanoTime}, as all here
 */
public record TimedPut(long revision, long sentNanos, long answeredNanos) {
    public static final long SECONDS_MAX = 10;

    private static final ByteString VALUE = ByteString.copyFrom(new byte[100]);

    /** Sends and waits. */
    public static TimedPut send(Channel channel, ByteString key)
            throws InterruptedException, ExecutionException, TimeoutException {
        CompletableFuture<TimedPut> answered = new CompletableFuture<>();
        PutRequest request = PutRequest.newBuilder().setKey(key).setValue(VALUE).build();
        long sentNanos = System.nanoTime();
        ClientCalls.asyncUnaryCall(
                channel.newCall(KVGrpc.getPutMethod(), CallOptions.DEFAULT),
                request,
                new StreamObserver<PutResponse>() {
                    @Override
                    public void onNext(PutResponse answer) {
                        answered.complete(new TimedPut(answer.getHeader().getRevision(), sentNanos, System.nanoTime()));
                    }

                    @Override
                    public void onError(Throwable error) {
                        answered.completeExceptionally(error);
                    }

                    @Override
                    public void onCompleted() {
                        answered.completeExceptionally(new IllegalStateException("no answer to a put"));
                    }
                });
        return answered.get(SECONDS_MAX, TimeUnit.SECONDS);
    }
}
