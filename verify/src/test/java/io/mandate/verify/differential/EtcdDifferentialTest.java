package io.mandate.verify.differential;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.netty.NettyChannelBuilder;
import io.mandate.etcdapi.RangeResponse;
import io.mandate.verify.process.ProcessCluster;
import io.mandate.verify.process.ServerBinary;
import io.mandate.verify.process.TestedServer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Plays the same requests to a real etcd and to Mandate, one node each; etcd's answers are the specification. */
@Tag("integration")
class EtcdDifferentialTest {
    private static final int DIFFERENCES_MAX = 10;

    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(longs = {1})
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    void mandateAnswersAsEtcdDoes(long seed) throws Exception {
        RunReport report = play(TestedServer.etcdOrSkip(), seed, 2_000, UnaryOperator.identity());
        assertThat(report.differences()).as("%s", report).isEmpty();
        assertThat(report.passed()).as("%s", report).isTrue();
    }

    @Test
    @Tag("long")
    @Timeout(value = 60, unit = TimeUnit.MINUTES)
    void mandateAnswersAsEtcdDoesForLong() throws Exception {
        long seed = Long.getLong("differential.seed", System.nanoTime());
        int requests = Integer.getInteger("differential.requests", 200_000);
        RunReport report = play(TestedServer.etcdOrSkip(), seed, requests, UnaryOperator.identity());
        System.out.println(report);
        assertThat(report.differences()).as("%s", report).isEmpty();
        assertThat(report.passed()).as("%s", report).isTrue();
    }

    /** A checker that never convicts proves nothing: wrong counts are told, and nothing else. */
    @Test
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    void oneWrongAnswerIsConvicted() throws Exception {
        RunReport tampered = play(
                TestedServer.mandate(), 4, 200, channel -> ClientInterceptors.intercept(channel, new WrongCount()));
        assertThat(tampered.differences()).isNotEmpty().allSatisfy(difference -> {
            assertThat(difference.left()).contains("count: 3");
            assertThat(difference.right()).contains("count: 4");
        });
    }

    private RunReport play(ServerBinary leftBinary, long seed, int requests, UnaryOperator<Channel> right)
            throws InterruptedException {
        try (ProcessCluster leftCluster =
                        ProcessCluster.of(leftBinary, 1, directory).start();
                ProcessCluster rightCluster =
                        ProcessCluster.of(TestedServer.mandate(), 1, directory).start()) {
            ManagedChannel leftChannel = channel(leftCluster);
            ManagedChannel rightChannel = channel(rightCluster);
            try {
                String replay = DifferentialMain.class.getName() + " --seed " + seed + " --requests " + requests;
                return DifferentialRun.play(
                        leftChannel,
                        right.apply(rightChannel),
                        new RunOptions(seed, requests, DIFFERENCES_MAX, DeliberateDifference.ALL, replay));
            } finally {
                leftChannel.shutdownNow();
                rightChannel.shutdownNow();
            }
        }
    }

    private static ManagedChannel channel(ProcessCluster cluster) {
        List<String> endpoints = cluster.endpoints();
        return NettyChannelBuilder.forTarget("dns:///" + endpoints.get(0).replaceFirst("^http://", ""))
                .usePlaintext()
                .maxInboundMessageSize(Integer.MAX_VALUE)
                .build();
    }

    /** Adds one to the count of every range's answer that counts 3 keys. */
    private static final class WrongCount implements ClientInterceptor {
        @Override
        public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
            return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
                @Override
                public void start(Listener<A> listener, Metadata headers) {
                    super.start(
                            new SimpleForwardingClientCallListener<>(listener) {
                                @Override
                                public void onMessage(A message) {
                                    super.onMessage(tampered(message));
                                }
                            },
                            headers);
                }
            };
        }

        @SuppressWarnings("unchecked") // the message keeps its class
        private static <A> A tampered(A message) {
            return message instanceof RangeResponse range && range.getCount() == 3
                    ? (A) range.toBuilder().setCount(4).build()
                    : message;
        }
    }
}
