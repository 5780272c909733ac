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
 * The port for clients: gRPC and HTTP/1.1 on the same addresses. Handlers run on the event loops, so they must not
 * block.
 *
 * <p>Keep-alive as in etcd: pings are allowed every 5 seconds, with or without active calls. (grpc-java's default of 5
 * minutes would disconnect apiservers and jetcd, jetcd #1041.)
 */
public final class ClientPort implements AutoCloseable {
    private static final int EVENT_LOOPS = Math.max(2, Runtime.getRuntime().availableProcessors());
    private static final int PING_INTERVAL_SECONDS_MIN = 5;
    private static final int SERVER_PING_SECONDS = 7_200;
    private static final int PING_TIMEOUT_SECONDS = 20;
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
     * The services, metrics and versions that the port serves.
     *
     * @param replicas the replicas of all groups, indexed by their numbers
     * @param metrics the metrics with the names that the library gives
     * @param etcdMetrics the metrics with etcd's names; the port adds its own to them
     * @param messageBytesMax the largest gRPC message accepted
     * @param etcdVersion the version of etcd that is reported to clients
     * @param ownVersion the version of Mandate
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

    /**
     * Starts listening.
     *
     * @throws IOException if an address cannot be bound; the message names it
     */
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
                .keepAliveTime(SERVER_PING_SECONDS, TimeUnit.SECONDS)
                .keepAliveTimeout(PING_TIMEOUT_SECONDS, TimeUnit.SECONDS);
        addresses.stream().skip(1).forEach(builder::addListenAddress);
        content.services().forEach(builder::addService);
        try {
            return new ClientPort(builder.build().start(), connections, acceptor, workers);
        } catch (IOException | RuntimeException failed) {
            // Waits until the addresses that were bound are free again.
            acceptor.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
            workers.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
            throw new IOException("cannot listen for clients on " + addresses + ": " + failed.getMessage(), failed);
        }
    }

    /** The pages by path; those of a JSON gateway will be added here. */
    private static Map<String, Page> pages(Content content) {
        Map<String, Page> pages = new HashMap<>();
        JsonObject version = new JsonObject();
        version.addProperty("etcdserver", content.etcdVersion());
        version.addProperty("etcdcluster", content.etcdVersion().replaceFirst("\\.\\d+$", ".0"));
        version.addProperty("mandate", content.ownVersion());
        pages.put("/version", Page.of(Page.Response.json(200, version)));
        pages.put("/health", new HealthPage(content.replicas(), content.etcdMetrics()));
        pages.put(
                "/metrics",
                query -> CompletableFuture.completedFuture(new Page.Response(
                        200,
                        "text/plain; version=0.0.4; charset=utf-8",
                        content.metrics().scrape() + content.etcdMetrics().text())));
        pages.putAll(ChecksPage.livez(content.replicas(), content.metrics()).pages());
        pages.putAll(ChecksPage.readyz(content.replicas(), content.metrics()).pages());
        return pages;
    }

    /** The addresses that are bound, with the actual port for a port of 0. */
    public List<SocketAddress> addresses() {
        return List.copyOf(server.getListenSockets());
    }

    /** Waits up to a second for calls in progress, then closes the remaining connections. */
    @Override
    public void close() {
        server.shutdown();
        try {
            if (!server.awaitTermination(STOP_SECONDS_MAX, TimeUnit.SECONDS)) {
                connections.closeAll();
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
