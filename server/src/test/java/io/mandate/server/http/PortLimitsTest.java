package io.mandate.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.mandate.etcdapi.KVGrpc;
import io.mandate.etcdapi.RangeRequest;
import io.mandate.etcdapi.RangeResponse;
import io.mandate.etcdapi.WatchGrpc;
import io.mandate.etcdapi.WatchRequest;
import io.mandate.etcdapi.WatchResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PortLimitsTest {
    private static final Duration LONG = Duration.ofHours(1);
    private static final Duration SHORT = Duration.ofMillis(50);

    @Test
    void connectionsBeyondTheLimitAreClosedUntilOneEnds() throws Exception {
        try (PortFixture port = new PortFixture(new PortLimits(2, 10, 1_024, 1_024, LONG, LONG))) {
            RawConnection first = port.connect();
            RawConnection second = port.connect();
            assertThat(first.get("/version").response()).startsWith("HTTP/1.1 200 OK");
            assertThat(second.get("/version").response()).startsWith("HTTP/1.1 200 OK");

            assertThat(port.connect().rest()).isIn("", "!");
            assertThat(first.get("/metrics").response())
                    .contains("mandate_client_connections 2.0", "mandate_client_connections_refused_total 1.0");

            second.send("GET /version HTTP/1.1\r\nConnection: close\r\n\r\n").rest();
            await(() -> first.get("/metrics").response().contains("mandate_client_connections 1.0"));
            assertThat(port.connect().get("/version").response()).startsWith("HTTP/1.1 200 OK");
        }
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    private static void await(Condition condition) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PortFixture.WAIT_SECONDS_MAX);
        while (!condition.holds()) {
            assertThat(System.nanoTime()).as("timeout").isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    @Test
    void aConnectionWithoutADetectableProtocolIsClosedAfterTheTimeout() throws Exception {
        try (PortFixture port = new PortFixture(new PortLimits(10, 10, 1_024, 1_024, SHORT, LONG))) {
            assertThat(port.connect().rest()).isEmpty();
            assertThat(port.connect().send("PRI * HTTP").rest()).isEmpty();
        }
    }

    @Test
    void theHandshakeTimeoutDoesNotApplyToAnEstablishedConnection() throws Exception {
        try (PortFixture port = new PortFixture(new PortLimits(10, 10, 1_024, 1_024, SHORT, LONG))) {
            ManagedChannel channel = port.channel();
            PortFixture.kv(channel).range(PortFixture.range("a"));
            RawConnection http = port.connect().get("/version");
            http.response();
            assertThat(port.connect().rest())
                    .as("waits for the handshake timeout")
                    .isEmpty();
            assertThat(http.get("/version").response()).startsWith("HTTP/1.1 200 OK");
            PortFixture.kv(channel).range(PortFixture.range("b"));
            assertThat(port.metrics.get("mandate.client.connections").gauge().value())
                    .isEqualTo(2);
        }
    }

    @Test
    void anIdleHttpConnectionIsClosed() throws Exception {
        try (PortFixture port = new PortFixture(new PortLimits(10, 10, 1_024, 1_024, LONG, SHORT))) {
            RawConnection connection = port.connect().get("/version");
            assertThat(connection.response()).startsWith("HTTP/1.1 200 OK");
            assertThat(connection.rest()).isEmpty();
        }
    }

    @Test
    void oversizedRequestsAreRefused() throws Exception {
        try (PortFixture port = new PortFixture(new PortLimits(10, 10, 1_024, 1_024, LONG, LONG))) {
            String tooLong = "x".repeat(1_100);
            assertThat(port.connect().get("/" + tooLong).response()).startsWith("HTTP/1.1 414 ");
            assertThat(port.connect()
                            .send("GET /version HTTP/1.1\r\nLong: " + tooLong + "\r\n\r\n")
                            .response())
                    .startsWith("HTTP/1.1 431 ");
            assertThat(port.connect()
                            .send("POST /version HTTP/1.1\r\nContent-Length: 1025\r\n\r\n")
                            .response())
                    .startsWith("HTTP/1.1 413 ");
        }
    }

    /** A conforming HTTP/2 client queues further calls; those of any other are refused by Netty. */
    @Test
    void theLimitOfStreamsIsSentInTheSettings() throws Exception {
        try (PortFixture port = new PortFixture(new PortLimits(10, 3, 1_024, 1_024, LONG, LONG))) {
            RawConnection connection =
                    port.connect().send(RawConnection.PREFACE).send(RawConnection.SETTINGS);
            byte[] head = connection.bytes(9);
            assertThat(head[3]).as("frame type: SETTINGS").isEqualTo((byte) 4);
            ByteBuffer settings = ByteBuffer.wrap(connection.bytes(head[2]));
            Map<Integer, Integer> valueById = new HashMap<>();
            while (settings.hasRemaining()) {
                valueById.put((int) settings.getShort(), settings.getInt());
            }
            assertThat(valueById).as("MAX_CONCURRENT_STREAMS").containsEntry(3, 3);
        }
    }

    @Test
    void callsBeyondTheLimitOfStreamsDoNotBlockOtherConnections() throws Exception {
        try (PortFixture port = new PortFixture(new PortLimits(10, 1, 1_024, 1_024, LONG, LONG))) {
            ManagedChannel full = port.channel();
            WatchGrpc.newStub(full).watch(discarding()).onNext(WatchRequest.getDefaultInstance());
            port.nextStream();
            ListenableFuture<RangeResponse> waiting = KVGrpc.newFutureStub(full).range(PortFixture.range("waiting"));

            assertThat(PortFixture.kv(port.channel())
                            .range(PortFixture.range("other"))
                            .getCount())
                    .isEqualTo(7);

            assertThat(waiting.isDone()).isFalse();
            assertThat(port.calls).containsExactly("range other");
        }
    }

    private static StreamObserver<WatchResponse> discarding() {
        return new StreamObserver<>() {
            @Override
            public void onNext(WatchResponse response) {}

            @Override
            public void onError(Throwable failure) {}

            @Override
            public void onCompleted() {}
        };
    }

    @Test
    void anOversizedMessageIsRefusedAsInEtcd() throws Exception {
        try (PortFixture port = new PortFixture()) {
            ManagedChannel channel = port.channel();
            RangeRequest tooLarge = PortFixture.range("x".repeat(PortFixture.MESSAGE_BYTES_MAX));
            assertThatThrownBy(() -> PortFixture.kv(channel).range(tooLarge))
                    .isInstanceOfSatisfying(
                            StatusRuntimeException.class,
                            refused -> assertThat(refused.getStatus())
                                    .satisfies(status ->
                                            assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED))
                                    .satisfies(status -> assertThat(status.getDescription())
                                            .contains(String.valueOf(PortFixture.MESSAGE_BYTES_MAX))));
            assertThat(PortFixture.kv(channel).range(PortFixture.range("b")).getCount())
                    .as("the connection stays open")
                    .isEqualTo(7);
        }
    }

    @Test
    void oversizedMetadataAreRefused() throws Exception {
        try (PortFixture port = new PortFixture(new PortLimits(10, 10, 1_024, 1_024, LONG, LONG))) {
            Metadata metadata = new Metadata();
            metadata.put(Metadata.Key.of("long", Metadata.ASCII_STRING_MARSHALLER), "x".repeat(1_100));
            KVGrpc.KVBlockingStub kv = PortFixture.kv(port.channel())
                    .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(metadata));
            assertThatThrownBy(() -> kv.range(PortFixture.range("a"))).isInstanceOf(StatusRuntimeException.class);
            assertThat(port.calls).isEmpty();
        }
    }

    @Test
    void limitsAreChecked() {
        assertThatThrownBy(() -> new PortLimits(0, 1, 1, 1, LONG, LONG)).hasMessageContaining("connectionsMax 0");
        assertThatThrownBy(() -> new PortLimits(1, 1, 1, 1, Duration.ZERO, LONG))
                .hasMessageContaining("handshakeTimeout");
    }
}
