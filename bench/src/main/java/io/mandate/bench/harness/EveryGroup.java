package io.mandate.bench.harness;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.mandate.etcdapi.KVGrpc;
import io.mandate.etcdapi.PutRequest;
import io.mandate.etcdapi.PutResponse;
import io.mandate.verify.process.ClusterNode;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * Writes to every group until each has acknowledged one write. One write is outstanding in each group, which the server
 * keeps while it looks for a leader; one that fails is followed by another after a moment, through the next node.
 */
public final class EveryGroup {
    private static final long RETRY_MILLIS = 5;
    private static final long ATTEMPT_MILLIS_MAX = 1_000;
    private static final Metadata.Key<String> GROUP =
            Metadata.Key.of("mandate-group", Metadata.ASCII_STRING_MARSHALLER);
    private static final Executor LATER =
            CompletableFuture.delayedExecutor(RETRY_MILLIS, TimeUnit.MILLISECONDS, Runnable::run);

    private static final PutRequest REQUEST = PutRequest.newBuilder()
            .setKey(ByteString.copyFromUtf8("bench/served"))
            .setValue(ByteString.copyFromUtf8("written"))
            .build();

    private final List<ClusterNode> nodes;
    private final CountDownLatch unserved;
    private volatile boolean stopped;

    private EveryGroup(List<ClusterNode> nodes, int groups) {
        this.nodes = nodes;
        this.unserved = new CountDownLatch(groups);
    }

    public static Channel toGroup(Channel channel, int group) {
        Metadata metadata = new Metadata();
        metadata.put(GROUP, Integer.toString(group));
        return group == 0
                ? channel
                : ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(metadata));
    }

    /**
     * When the last group acknowledged a write that was sent after this call, on the clock of {@link System#nanoTime}.
     *
     * @throws IllegalStateException if one does not in time
     */
    public static long awaitServed(List<ClusterNode> nodes, int groups, Duration timeout) throws InterruptedException {
        EveryGroup waiting = new EveryGroup(List.copyOf(nodes), groups);
        for (int group = 0; group < groups; group++) {
            waiting.attempt(group, group);
        }
        boolean served = waiting.unserved.await(timeout.toMillis(), TimeUnit.MILLISECONDS);
        long nanos = System.nanoTime();
        waiting.stopped = true;
        if (!served) {
            throw new IllegalStateException(waiting.unserved.getCount() + " of " + groups
                    + " groups have acknowledged no write within " + timeout);
        }
        return nanos;
    }

    private void attempt(int group, int turn) {
        if (stopped) {
            return;
        }
        ClusterNode node = nodes.get(turn % nodes.size());
        node.channel().resetConnectBackoff();
        CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(ATTEMPT_MILLIS_MAX, TimeUnit.MILLISECONDS);
        ClientCalls.asyncUnaryCall(
                toGroup(node.channel(), group).newCall(KVGrpc.getPutMethod(), options),
                REQUEST,
                new StreamObserver<PutResponse>() {
                    @Override
                    public void onNext(PutResponse answer) {
                        unserved.countDown();
                    }

                    @Override
                    public void onError(Throwable failure) {
                        LATER.execute(() -> attempt(group, turn + 1));
                    }

                    @Override
                    public void onCompleted() {}
                });
    }
}
