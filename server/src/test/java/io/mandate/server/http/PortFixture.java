package io.mandate.server.http;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.mandate.etcdapi.KVGrpc;
import io.mandate.etcdapi.PutRequest;
import io.mandate.etcdapi.PutResponse;
import io.mandate.etcdapi.RangeRequest;
import io.mandate.etcdapi.RangeResponse;
import io.mandate.etcdapi.WatchGrpc;
import io.mandate.etcdapi.WatchRequest;
import io.mandate.etcdapi.WatchResponse;
import io.mandate.server.meter.TextMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A client port on a free local address, with services that record their calls, and clients of it. */
final class PortFixture implements AutoCloseable {
    static final int MESSAGE_BYTES_MAX = 4_096;
    static final int WAIT_SECONDS_MAX = 20;

    /** The replica of group 0. */
    final HealthyReplica replica = new HealthyReplica();
    /** The replicas of all groups; more than one on request. */
    final List<HealthyReplica> replicas = new ArrayList<>(List.of(replica));

    final PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    /** The calls that the services received, in order. */
    final List<String> calls = new CopyOnWriteArrayList<>();
    /** The open streams. */
    final BlockingQueue<StreamObserver<WatchResponse>> streams = new LinkedBlockingQueue<>();

    final ClientPort port;
    private final List<Runnable> clients = new ArrayList<>();
    private final HttpClient http = HttpClient.newHttpClient();

    PortFixture() throws IOException {
        this(PortLimits.DEFAULT);
    }

    PortFixture(PortLimits limits) throws IOException {
        this(limits, 1);
    }

    PortFixture(PortLimits limits, int groups) throws IOException {
        while (replicas.size() < groups) {
            replicas.add(new HealthyReplica());
        }
        port = ClientPort.start(
                List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)),
                new ClientPort.Content(
                        List.of(new CountingKv().bindService(), new IdleWatch().bindService()),
                        replicas,
                        metrics,
                        new TextMetrics(),
                        MESSAGE_BYTES_MAX,
                        "3.5.30",
                        "1.2.3"),
                limits);
    }

    InetSocketAddress address() {
        return (InetSocketAddress) port.addresses().get(0);
    }

    ManagedChannel channel() {
        ManagedChannel channel = NettyChannelBuilder.forAddress(address())
                .usePlaintext()
                .directExecutor()
                .build();
        clients.add(channel::shutdownNow);
        return channel;
    }

    static KVGrpc.KVBlockingStub kv(ManagedChannel channel) {
        return KVGrpc.newBlockingStub(channel).withDeadlineAfter(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
    }

    static RangeRequest range(String key) {
        return RangeRequest.newBuilder().setKey(ByteString.copyFromUtf8(key)).build();
    }

    /** A connection for raw bytes. */
    RawConnection connect() throws IOException {
        RawConnection connection = new RawConnection(address());
        clients.add(connection::close);
        return connection;
    }

    /** Uses the JDK's client with its defaults: it offers an upgrade to HTTP/2, and must accept HTTP/1.1. */
    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(uri(path)).GET());
    }

    HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    URI uri(String path) {
        return URI.create("http://127.0.0.1:" + address().getPort() + path);
    }

    StreamObserver<WatchResponse> nextStream() throws InterruptedException {
        StreamObserver<WatchResponse> stream = streams.poll(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
        if (stream == null) {
            throw new AssertionError("no stream reached the service");
        }
        return stream;
    }

    @Override
    public void close() {
        clients.forEach(Runnable::run);
        port.close();
        metrics.close();
    }

    private final class CountingKv extends KVGrpc.KVImplBase {
        @Override
        public void range(RangeRequest request, StreamObserver<RangeResponse> responses) {
            calls.add("range " + request.getKey().toStringUtf8());
            responses.onNext(RangeResponse.newBuilder().setCount(7).build());
            responses.onCompleted();
        }

        @Override
        public void put(PutRequest request, StreamObserver<PutResponse> responses) {
            responses.onError(io.grpc.Status.NOT_FOUND.asRuntimeException());
        }
    }

    /** Keeps streams open without a response. */
    private final class IdleWatch extends WatchGrpc.WatchImplBase {
        @Override
        public StreamObserver<WatchRequest> watch(StreamObserver<WatchResponse> responses) {
            ((ServerCallStreamObserver<WatchResponse>) responses).setOnCancelHandler(() -> calls.add("cancelled"));
            streams.add(responses);
            return new StreamObserver<>() {
                @Override
                public void onNext(WatchRequest request) {}

                @Override
                public void onError(Throwable failure) {}

                @Override
                public void onCompleted() {}
            };
        }
    }
}
