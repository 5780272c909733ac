package io.mandate.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.mandate.etcdapi.KVGrpc;
import io.mandate.etcdapi.PutRequest;
import io.mandate.etcdapi.RangeRequest;
import io.mandate.etcdapi.WatchGrpc;
import io.mandate.etcdapi.WatchRequest;
import io.mandate.etcdapi.WatchResponse;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class GrpcMetersTest {
    private static final String RANGE = "{grpc_method=\"Range\",grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\"} ";

    private PortFixture port;

    @BeforeEach
    void open() throws IOException {
        port = new PortFixture();
    }

    @AfterEach
    void close() {
        port.close();
    }

    private void awaitMetric(String line) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PortFixture.WAIT_SECONDS_MAX);
        String metrics = port.get("/metrics").body();
        while (!metrics.contains(line)) {
            assertThat(System.nanoTime()).as("timeout, with %s", metrics).isLessThan(deadline);
            metrics = port.get("/metrics").body();
        }
    }

    @Test
    void callsAreCountedByMethodAndStatus() throws Exception {
        ManagedChannel channel = port.channel();
        PortFixture.kv(channel).range(PortFixture.range("a"));
        PortFixture.kv(channel).range(PortFixture.range("b"));
        assertThatThrownBy(() -> PortFixture.kv(channel).put(PutRequest.getDefaultInstance()))
                .isInstanceOf(StatusRuntimeException.class);
        awaitMetric("grpc_server_started_total" + RANGE + "2.0");
        awaitMetric("grpc_server_msg_received_total" + RANGE + "2.0");
        awaitMetric("grpc_server_msg_sent_total" + RANGE + "2.0");
        awaitMetric("grpc_server_handled_total{grpc_code=\"OK\",grpc_method=\"Range\",grpc_service=\"etcdserverpb.KV\","
                + "grpc_type=\"unary\"} 2.0");
        awaitMetric("grpc_server_handled_total{grpc_code=\"NotFound\",grpc_method=\"Put\","
                + "grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\"} 1.0");
    }

    @Test
    void cancelledCallsAreCounted() throws Exception {
        ClientCallStreamObserver<WatchRequest> watch = (ClientCallStreamObserver<WatchRequest>)
                WatchGrpc.newStub(port.channel()).watch(discarding());
        watch.onNext(WatchRequest.getDefaultInstance());
        port.nextStream();
        watch.cancel("enough", null);
        awaitMetric("grpc_server_handled_total{grpc_code=\"Canceled\",grpc_method=\"Watch\","
                + "grpc_service=\"etcdserverpb.Watch\",grpc_type=\"bidi_stream\"} 1.0");
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
    void bytesOfMessagesAreCounted() throws Exception {
        RangeRequest request = PortFixture.range("a");
        int responseBytes = PortFixture.kv(port.channel()).range(request).getSerializedSize();
        awaitMetric("etcd_network_client_grpc_received_bytes_total " + (double) request.getSerializedSize());
        awaitMetric("etcd_network_client_grpc_sent_bytes_total " + (double) responseBytes);
    }

    /** Otherwise each name that a client makes up would be a time series. */
    @Test
    void methodsThatDoNotExistAreNotCounted() throws Exception {
        MethodDescriptor<RangeRequest, ?> unknown = KVGrpc.getRangeMethod().toBuilder()
                .setFullMethodName("unknown/Method")
                .build();
        RangeRequest request = PortFixture.range("a");
        assertThatThrownBy(() -> ClientCalls.blockingUnaryCall(port.channel(), unknown, CallOptions.DEFAULT, request))
                .isInstanceOf(StatusRuntimeException.class)
                .hasMessageContaining("UNIMPLEMENTED");
        assertThat(port.get("/metrics").body()).doesNotContain("unknown/Method");
    }
}
