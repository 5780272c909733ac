package io.mandate.store.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.mandate.election.store.CasResult;
import io.mandate.etcdapi.MaintenanceGrpc;
import io.mandate.etcdapi.StatusRequest;
import io.mandate.etcdapi.StatusResponse;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class EndpointsTest {
    /** Counts how often it is told to connect again at once. */
    private static final class Away extends ManagedChannel {
        private int reconnects;

        @Override
        public void resetConnectBackoff() {
            reconnects++;
        }

        @Override
        public ManagedChannel shutdown() {
            return this;
        }

        @Override
        public ManagedChannel shutdownNow() {
            return this;
        }

        @Override
        public boolean isShutdown() {
            return false;
        }

        @Override
        public boolean isTerminated() {
            return false;
        }

        @Override
        public boolean awaitTermination(long timeout, TimeUnit unit) {
            return true;
        }

        @Override
        public <Q, A> ClientCall<Q, A> newCall(MethodDescriptor<Q, A> method, CallOptions options) {
            throw new UnsupportedOperationException();
        }

        @Override
        public String authority() {
            return "away";
        }
    }

    @Test
    void whoIsGoneToIsConnectedToAtOnceHoweverLongItWasAway() {
        Away only = new Away();
        try (Endpoints endpoints = new Endpoints(List.of(only), "away", 0)) {
            endpoints.leave(endpoints.current());
            assertThat(only.reconnects).isEqualTo(1);
        }
    }

    @Test
    void whoFailsAgainAndAgainIsNotBotheredEachTime() {
        Away only = new Away();
        try (Endpoints endpoints = new Endpoints(List.of(only), "away", 0)) {
            long beginNanos = System.nanoTime();
            for (int i = 0; i < 1_000; i++) {
                endpoints.leave(endpoints.current());
            }
            long quarters = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beginNanos) / 250;
            assertThat((long) only.reconnects).isBetween(1L, 2 + quarters);
        }
    }

    @Test
    void anEndpointThatAnswersButCanDoNothingIsLeftForTheNext() throws Exception {
        // Who it is it can say without the others of its cluster; it never answers anything else.
        Server cutOff = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(new MaintenanceGrpc.MaintenanceImplBase() {
                    @Override
                    public void status(StatusRequest request, StreamObserver<StatusResponse> answer) {
                        answer.onNext(StatusResponse.getDefaultInstance());
                        answer.onCompleted();
                    }
                })
                .fallbackHandlerRegistry(new Silent())
                .build()
                .start();
        try (EmbeddedNode able = new EmbeddedNode();
                EtcdStore store =
                        EtcdStore.connect(EtcdOptions.of(List.of("127.0.0.1:" + cutOff.getPort(), able.address()))
                                .withRequestTimeout(Duration.ofSeconds(6)))) {
            CasResult written = store.compareAndSet("k", 0, "v", 0).get(30, TimeUnit.SECONDS);
            assertThat(written).isInstanceOf(CasResult.Written.class);
        } finally {
            cutOff.shutdownNow().awaitTermination();
        }
    }
}
