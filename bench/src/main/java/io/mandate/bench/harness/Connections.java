package io.mandate.bench.harness;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Plaintext channels that answer on their event loop: the thinnest client grpc-java has. Thread-safe. */
public final class Connections implements AutoCloseable {
    private static final long CLOSE_SECONDS_MAX = 10;

    private final EventLoopGroup eventLoops;
    private final List<ManagedChannel> channels = new ArrayList<>();

    /**
     * @param endpoints one channel, that is one TCP connection, for each; the same endpoint may stand there several
     *     times
     */
    public Connections(List<String> endpoints, int clientThreads) {
        eventLoops = new MultiThreadIoEventLoopGroup(clientThreads, NioIoHandler.newFactory());
        for (String endpoint : endpoints) {
            channels.add(NettyChannelBuilder.forTarget(endpoint)
                    .eventLoopGroup(eventLoops)
                    .channelType(NioSocketChannel.class)
                    .directExecutor()
                    .usePlaintext()
                    .build());
        }
    }

    /** Deals the channels out in turn. */
    public ManagedChannel of(int slot) {
        return channels.get(slot % channels.size());
    }

    public List<ManagedChannel> all() {
        return List.copyOf(channels);
    }

    /** Ends every call at once. */
    @Override
    public void close() {
        channels.forEach(ManagedChannel::shutdownNow);
        eventLoops.shutdownGracefully(0, CLOSE_SECONDS_MAX, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
