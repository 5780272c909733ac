package io.mandate.server.raft.transport;

import com.alipay.sofa.jraft.rpc.RaftRpcServerFactory;
import com.alipay.sofa.jraft.rpc.RpcClient;
import com.alipay.sofa.jraft.util.Endpoint;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.handler.codec.DecoderException;
import io.netty.util.HashedWheelTimer;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connections of one node to all others, for the engine's and our own messages of all groups. Thread-safe.
 *
 * <p>Each node connects to every other one, so there are two connections between two nodes, one for the calls of each.
 */
public final class PeerTransport implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PeerTransport.class);

    private static final int EVENT_LOOPS = 2;
    private static final int ENGINE_THREADS_MAX = 16;

    /** The queue bound of the engine's processors; the engine's own windows stay far below. */
    private static final int ENGINE_QUEUE_MAX = 10_000;

    private static final int TIMER_TICK_MILLIS = 20;

    /** Handles one kind of our own messages. */
    public interface MessageHandler {
        /**
         * Handles one message. Called on an event loop: must not block.
         *
         * @throws IllegalArgumentException if the request is malformed
         */
        CompletableFuture<byte[]> handle(byte[] request);
    }

    /** The destination of one of our own messages. */
    private record Destination(int group, int type) {}

    private final PeerHello hello;
    private final PeerRules rules;
    private final @Nullable PeerSecurity security;
    private final EventLoopGroup eventLoops = new MultiThreadIoEventLoopGroup(
            EVENT_LOOPS, new DefaultThreadFactory("peer-io", true), NioIoHandler.newFactory());
    private final HashedWheelTimer timer = new HashedWheelTimer(
            new DefaultThreadFactory("peer-timer", true), TIMER_TICK_MILLIS, TimeUnit.MILLISECONDS);
    private final ExecutorService events;
    private final ThreadPoolExecutor engineExecutor;
    private final Map<Endpoint, PeerLink> links = new ConcurrentHashMap<>();
    private final Map<Destination, MessageHandler> handlers = new ConcurrentHashMap<>();
    private final List<PeerListener> listeners = new CopyOnWriteArrayList<>();
    private final TransportMeters meters = new TransportMeters();
    private final LineBudget lines = new LineBudget();
    private final PeerPort port = new PeerPort(this);
    private final EngineServer engine;

    /**
     * Creates a transport; {@link #listen} opens its port.
     *
     * @param hello the hello of this node
     * @param rules validate other nodes and their messages
     * @param security TLS, or null for none
     */
    public PeerTransport(PeerHello hello, int port, PeerRules rules, @Nullable PeerSecurity security) {
        this.hello = hello;
        this.rules = rules;
        this.security = security;
        this.events = single("peer-events");
        this.engineExecutor = new ThreadPoolExecutor(
                ENGINE_THREADS_MAX,
                ENGINE_THREADS_MAX,
                10,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(ENGINE_QUEUE_MAX),
                new DefaultThreadFactory("peer-engine", true));
        engineExecutor.allowCoreThreadTimeOut(true);
        this.engine = new EngineServer(engineExecutor, port, hello.groups(), rules);
        RaftRpcServerFactory.addRaftRequestProcessors(engine, engineExecutor, engineExecutor, engineExecutor);
    }

    private static ExecutorService single(String name) {
        return new ThreadPoolExecutor(
                1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), new DefaultThreadFactory(name, true));
    }

    /**
     * Opens the port for other nodes.
     *
     * @throws IOException if the address cannot be bound; the message names it
     */
    public void listen(InetSocketAddress address) throws IOException {
        port.listen(address);
    }

    /** Connects to a node, and again whenever the connection is lost. */
    public void connect(Endpoint peer) {
        link(peer);
    }

    public boolean isConnected(Endpoint peer) {
        return link(peer).isConnected();
    }

    /**
     * Returns the highest version that this node and all others speak, as far as is known: the lowest version of this
     * node until the handshake with each of them. Data that others may have to read later must not use a higher one.
     */
    public int commonVersion(Collection<Endpoint> others) {
        int common = hello.versions().highest();
        for (Endpoint other : others) {
            PeerVersions known = link(other).versions();
            common = Math.min(common, known == null ? hello.versions().lowest() : known.highest());
        }
        return common;
    }

    /** The engine's id of a group. */
    public static String groupId(int group) {
        return "mandate-" + group;
    }

    /** Adds a listener. Calls do not overlap, and are in the order of the events. */
    public void addListener(PeerListener listener) {
        listeners.add(listener);
    }

    /** Registers the handler of one kind of our own messages to a group. */
    public void handle(int group, int kind, MessageHandler handler) {
        handlers.put(new Destination(group, Frame.OWN_TYPES + kind), handler);
    }

    /**
     * Calls a group's handler on another node. Fails with {@link TransportException} if the node is not connected, the
     * connection is lost, the handler fails, or there is no response in time. Completes on an event loop.
     */
    public CompletableFuture<byte[]> call(Endpoint peer, int group, int kind, byte[] request, long timeoutMillis) {
        CompletableFuture<byte[]> result = new CompletableFuture<>();
        link(peer)
                .call(
                        (allocator, id) -> Frame.toGroup(allocator, Frame.OWN_TYPES + kind, id, group, request),
                        new PeerLink.Call() {
                            @Override
                            public void responded(int type, ByteBuf payload) {
                                byte[] response = new byte[payload.readableBytes()];
                                payload.readBytes(response);
                                result.complete(response);
                            }

                            @Override
                            public void failed(TransportException failure) {
                                result.completeExceptionally(failure);
                            }
                        },
                        timeoutMillis);
        return result;
    }

    /** A client for sending the engine's messages outside of the engine. */
    public RpcClient engineClient() {
        return new EngineClient(this);
    }

    /** While set, this node takes part in no election, neither as voter nor as candidate, because it lost its disk. */
    public void refuseVotes(boolean refuse) {
        engine.refuseVotes(refuse);
    }

    public TransportMeters meters() {
        return meters;
    }

    /** Runs {@code task} after a delay, on the timer's thread: it must be short. */
    public void later(Runnable task, long delayMillis) {
        timer.newTimeout(ignored -> task.run(), delayMillis, TimeUnit.MILLISECONDS);
    }

    /** Fails calls in flight and closes all connections. */
    @Override
    public void close() {
        links.values().forEach(PeerLink::close);
        port.close();
        timer.stop();
        events.shutdown();
        engineExecutor.shutdown();
        eventLoops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    PeerLink link(Endpoint peer) {
        PeerLink known = links.get(peer);
        if (known != null) {
            return known;
        }
        return links.computeIfAbsent(peer, address -> {
            PeerLink link = new PeerLink(this, address);
            link.connect();
            return link;
        });
    }

    void notifyListeners(Consumer<PeerListener> event) {
        try {
            events.execute(() -> listeners.forEach(event));
        } catch (RejectedExecutionException closing) {
            // the transport is closing
        }
    }

    CompletableFuture<Optional<String>> validate(PeerHello other) {
        return CompletableFuture.supplyAsync(() -> rules.rejectionReason(other), events);
    }

    void handleOwn(Channel channel, int type, long callId, ByteBuf frame) {
        if (frame.readableBytes() < Frame.GROUP_BYTES) {
            throw new TransportException("a message of kind " + type + " without a group");
        }
        int group = frame.readUnsignedShort();
        if (group >= hello.groups()) {
            throw new TransportException("a message to group " + group + ", of groups 0 to " + (hello.groups() - 1));
        }
        MessageHandler handler = handlers.get(new Destination(group, type));
        if (handler == null) {
            // The connection stays open: this node may be starting, and the connection also carries the engine's
            // appends.
            String reason = "no handler for messages of kind " + type + " to group " + group;
            warnRefused(channel.remoteAddress(), reason);
            channel.writeAndFlush(Frame.text(channel.alloc(), Frame.KIND_FAILURE, callId, reason));
            return;
        }
        byte[] request = new byte[frame.readableBytes()];
        frame.readBytes(request);
        handler.handle(request).whenComplete((response, failure) -> {
            ByteBuf sent = response == null
                    ? failureFrame(channel, callId, failure)
                    : responseFrame(channel, type, callId, response);
            meters.sentBytes.add(sent.readableBytes());
            channel.writeAndFlush(sent);
        });
    }

    private static ByteBuf responseFrame(Channel channel, int type, long callId, byte[] response) {
        try {
            return Frame.bytes(channel.alloc(), Frame.KIND_RESPONSE, type, callId, response);
        } catch (TransportException tooLarge) {
            return failureFrame(channel, callId, tooLarge);
        }
    }

    private static ByteBuf failureFrame(Channel channel, long callId, @Nullable Throwable failure) {
        String reason = failure == null ? "there is no response" : String.valueOf(failure.getMessage());
        return Frame.text(channel.alloc(), Frame.KIND_FAILURE, callId, reason);
    }

    /**
     * Logs a malformed message, an error of this node, or the loss of a connection; the caller closes the connection.
     */
    void rejected(Object from, Throwable cause) {
        if (isLossOfConnection(cause)) {
            LOG.debug("peer-connection-broken from={} cause=\"{}\"", from, cause.getMessage());
            return;
        }
        Throwable unwrapped = cause instanceof DecoderException && cause.getCause() != null ? cause.getCause() : cause;
        if (unwrapped instanceof TransportException
                || unwrapped instanceof IllegalArgumentException
                || unwrapped instanceof IOException) {
            warnRefused(from, String.valueOf(unwrapped.getMessage()));
        } else {
            lines.take(System.nanoTime())
                    .ifPresent(suppressed ->
                            LOG.error("peer-connection-failed from={} suppressed={}", from, suppressed, unwrapped));
        }
    }

    /**
     * Whether the peer has reset its connection, as when it is killed. An error of TLS is an IOException too, but not a
     * loss.
     */
    private static boolean isLossOfConnection(Throwable cause) {
        return cause instanceof IOException && !(cause instanceof SSLException);
    }

    private void warnRefused(Object from, String reason) {
        lines.take(System.nanoTime())
                .ifPresent(suppressed ->
                        LOG.warn("peer-message-refused from={} reason=\"{}\" suppressed={}", from, reason, suppressed));
    }

    PeerHello hello() {
        return hello;
    }

    @Nullable
    PeerSecurity security() {
        return security;
    }

    EventLoopGroup eventLoops() {
        return eventLoops;
    }

    HashedWheelTimer timer() {
        return timer;
    }

    Executor engineThreads() {
        return engineExecutor;
    }

    EngineServer engine() {
        return engine;
    }
}
