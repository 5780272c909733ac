package io.mandate.server.http;

import com.google.gson.JsonObject;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.mandate.server.meter.TextMetrics;
import io.mandate.server.raft.Replica;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.SocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Where clients come in: gRPC and HTTP/1.1 on the same addresses. Everything runs on the event loops, so nothing behind
 * it may block.
 *
 * <p>Keep-alive as etcd's: pings are allowed every 5 seconds, with or without calls under way. (grpc-java's own default
 * of 5 minutes would cut off apiservers and jetcd, jetcd #1041.)
 */
public final class ClientPort implements AutoCloseable {
    private static final int EVENT_LOOPS = Math.max(2, Runtime.getRuntime().availableProcessors());
    private static final int PING_INTERVAL_SECONDS_MIN = 5;
    private static final int OWN_PING_SECONDS = 7_200;
    private static final int PING_ANSWER_SECONDS_MAX = 20;
    private static final int STOP_SECONDS_MAX = 1;

    private final Server server;
    private final OpenConnections connections;
    private final EventLoopGroup acceptor;
    private final EventLoopGroup workers;

    private ClientPort(Server server, OpenConnections connections, EventLoopGroup acceptor, EventLoopGroup workers) {
        this.server = server;
        this.connections = connections;
        this.acceptor = acceptor;
        this.workers = workers;
    }

    /**
     * What the port serves.
     *
     * @param replicas of all groups, by their numbers
     * @param metrics with the names that the library gives
     * @param etcdMetrics with etcd's names; to it the port adds what it counts itself
     * @param messageBytesMax largest gRPC message taken
     * @param etcdVersion the version of etcd that clients shall take this for
     */
    public record Content(
            List<ServerServiceDefinition> services,
            List<? extends Replica> replicas,
            PrometheusMeterRegistry metrics,
            TextMetrics etcdMetrics,
            int messageBytesMax,
            String etcdVersion,
            String ownVersion) {
        public Content {
            services = List.copyOf(services);
            replicas = List.copyOf(replicas);
        }
    }

    /** Starts listening; IOException names the address that cannot be had. */
    public static ClientPort start(List<SocketAddress> addresses, Content content) throws IOException {
        return start(addresses, content, PortLimits.DEFAULT);
    }

    static ClientPort start(List<SocketAddress> addresses, Content content, PortLimits limits) throws IOException {
        EventLoopGroup acceptor = new MultiThreadIoEventLoopGroup(
                1, new DefaultThreadFactory("client-accept", true), NioIoHandler.newFactory());
        EventLoopGroup workers = new MultiThreadIoEventLoopGroup(
                EVENT_LOOPS, new DefaultThreadFactory("client-io", true), NioIoHandler.newFactory());
        OpenConnections connections = new OpenConnections(limits.connectionsMax(), content.metrics());
        NettyServerBuilder builder = NettyServerBuilder.forAddress(addresses.get(0))
                .protocolNegotiator(new ProtocolSniffer(pages(content), limits, connections))
                .bossEventLoopGroup(acceptor)
                .workerEventLoopGroup(workers)
                .channelType(NioServerSocketChannel.class)
                .withChildOption(ChannelOption.TCP_NODELAY, true)
                .directExecutor()
                .addStreamTracerFactory(new GrpcMeters(content.services(), content.metrics()))
                .maxConcurrentCallsPerConnection(limits.streamsPerConnectionMax())
                .maxInboundMetadataSize(limits.headerBytesMax())
                .maxInboundMessageSize(content.messageBytesMax())
                .permitKeepAliveTime(PING_INTERVAL_SECONDS_MIN, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true)
                .keepAliveTime(OWN_PING_SECONDS, TimeUnit.SECONDS)
                .keepAliveTimeout(PING_ANSWER_SECONDS_MAX, TimeUnit.SECONDS);
        addresses.stream().skip(1).forEach(builder::addListenAddress);
        content.services().forEach(builder::addService);
        try {
            return new ClientPort(builder.build().start(), connections, acceptor, workers);
        } catch (IOException | RuntimeException failed) {
            // Waits, so that those of the addresses that could be had are free again.
            acceptor.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
            workers.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
            throw new IOException("cannot listen for clients on " + addresses + ": " + failed.getMessage(), failed);
        }
    }

    /** Every path that HTTP/1.1 clients can ask for; the JSON gateway's will be added here. */
    private static Map<String, Page> pages(Content content) {
        Map<String, Page> pages = new HashMap<>();
        JsonObject version = new JsonObject();
        version.addProperty("etcdserver", content.etcdVersion());
        version.addProperty("etcdcluster", content.etcdVersion().replaceFirst("\\.\\d+$", ".0"));
        version.addProperty("mandate", content.ownVersion());
        pages.put("/version", Page.of(Page.Answer.json(200, version)));
        pages.put("/health", new HealthPage(content.replicas(), content.etcdMetrics()));
        pages.put(
                "/metrics",
                query -> CompletableFuture.completedFuture(new Page.Answer(
                        200,
                        "text/plain; version=0.0.4; charset=utf-8",
                        content.metrics().scrape() + content.etcdMetrics().text())));
        pages.putAll(ChecksPage.livez(content.replicas(), content.metrics()).pages());
        pages.putAll(ChecksPage.readyz(content.replicas(), content.metrics()).pages());
        return pages;
    }

    /** Where it listens; with the port that was chosen for a port of 0. */
    public List<SocketAddress> addresses() {
        return List.copyOf(server.getListenSockets());
    }

    /** Lets calls under way finish for a moment, then cuts off what is left. */
    @Override
    public void close() {
        server.shutdown();
        try {
            if (!server.awaitTermination(STOP_SECONDS_MAX, TimeUnit.SECONDS)) {
                connections.cut();
                server.awaitTermination(STOP_SECONDS_MAX, TimeUnit.SECONDS);
            }
        } catch (InterruptedException interrupted) {
            server.shutdownNow();
            Thread.currentThread().interrupt();
        }
        acceptor.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        workers.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
