package io.mandate.store.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.mandate.election.store.StoreException;
import io.mandate.etcdapi.MaintenanceGrpc;
import io.mandate.etcdapi.StatusRequest;
import io.mandate.etcdapi.StatusResponse;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A store that is there and slow to say so, as all are on a machine that starts everything at once. */
@Tag("integration")
@Timeout(60)
class SlowStoreTest {
    private static final Duration TIMEOUT = Duration.ofMillis(100);

    /** Answers the third who asks, and those after. */
    private static final class Slow extends MaintenanceGrpc.MaintenanceImplBase {
        final AtomicInteger asked = new AtomicInteger();

        @Override
        public void status(StatusRequest request, StreamObserver<StatusResponse> answer) {
            if (asked.incrementAndGet() >= 3) {
                answer.onNext(StatusResponse.getDefaultInstance());
                answer.onCompleted();
            }
        }
    }

    @Test
    void aFirstAnswerMayTakeLongerThanARequest() throws Exception {
        Slow slow = new Slow();
        Server server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(slow)
                .build()
                .start();
        EtcdOptions options =
                EtcdOptions.of(List.of("127.0.0.1:" + server.getPort())).withRequestTimeout(TIMEOUT);
        try (EtcdStore store = EtcdStore.connect(options)) {
            assertThat(store.guarantees().store()).startsWith("etcd at");
            assertThat(slow.asked).hasValueGreaterThanOrEqualTo(3);
        } finally {
            server.shutdownNow().awaitTermination();
        }
    }

    @Test
    void whereNobodyIsIsToldByItsAddress() {
        ManagedChannel nobody = InProcessChannelBuilder.forName("nobody").build();
        assertThatThrownBy(() -> EtcdStore.on(nobody))
                .isInstanceOf(StoreException.class)
                .hasMessageContainingAll("no store answers at", "UNAVAILABLE", "is it running");
        nobody.shutdownNow();
    }
}
