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
 * All connections of one node to the others: the engine's and our own messages, for all groups. Thread-safe.
 *
 * <p>Each node connects to every other one and listens to every other one, so there are two connections between two
 * nodes, one for each one's calls.
 */
public final class PeerTransport implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PeerTransport.class);

    private static final int EVENT_LOOPS = 2;
    private static final int ENGINE_THREADS_MAX = 16;

    /** Waiting work of the engine's processors; the engine's own windows keep it far below. */
    private static final int ENGINE_QUEUE_MAX = 10_000;

    private static final int TIMER_TICK_MILLIS = 20;

    /**
     * Answers one kind of our own messages. Called on an event loop: must not block. Throws IllegalArgumentException if
     * the question makes no sense.
     */
    public interface Handler {
        CompletableFuture<byte[]> answer(byte[] question);
    }

    /** Whom a message of our own is for. */
    private record Address(int group, int type) {}

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
    private final Map<Address, Handler> handlers = new ConcurrentHashMap<>();
    private final List<PeerListener> listeners = new CopyOnWriteArrayList<>();
    private final TransportMeters meters = new TransportMeters();
    private final LineBudget lines = new LineBudget();
    private final PeerPort port = new PeerPort(this);
    private final EngineServer engine;

    /**
     * Prepares a transport; {@link #listen} opens it.
     *
     * @param hello how this node introduces itself
     * @param rules by which others are judged
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

    /** Opens the port for other nodes; IOException names the address that cannot be had. */
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
     * The highest version that this node and all the others speak, as far as it is known: the lowest that this node
     * speaks unless each of them has been met. What others may have to read for good must not be of a higher one.
     */
    public int commonVersion(Collection<Endpoint> others) {
        int common = hello.versions().highest();
        for (Endpoint other : others) {
            PeerVersions known = link(other).versions();
            common = Math.min(common, known == null ? hello.versions().lowest() : known.highest());
        }
        return common;
    }

    /** The engine's name of a group. */
    public static String groupId(int group) {
        return "mandate-" + group;
    }

    /** Listeners are called one at a time, in the order things happened. */
    public void addListener(PeerListener listener) {
        listeners.add(listener);
    }

    /** Says who answers our own messages of a kind to a group. */
    public void handle(int group, int kind, Handler handler) {
        handlers.put(new Address(group, Frame.OWN_TYPES + kind), handler);
    }

    /**
     * Asks another node's part of a group. Fails with {@link TransportException} if it is not connected, the connection
     * breaks, it answers with an error, or does not answer in time. Completes on an event loop.
     */
    public CompletableFuture<byte[]> call(Endpoint peer, int group, int kind, byte[] question, long timeoutMillis) {
        CompletableFuture<byte[]> result = new CompletableFuture<>();
        link(peer)
                .call(
                        (allocator, id) -> Frame.toGroup(allocator, Frame.OWN_TYPES + kind, id, group, question),
                        new PeerLink.Call() {
                            @Override
                            public void answered(int type, ByteBuf payload) {
                                byte[] answer = new byte[payload.readableBytes()];
                                payload.readBytes(answer);
                                result.complete(answer);
                            }

                            @Override
                            public void failed(TransportException why) {
                                result.completeExceptionally(why);
                            }
                        },
                        timeoutMillis);
        return result;
    }

    /** A way to send the engine's own messages beside the engine. */
    public RpcClient engineClient() {
        return new EngineClient(this);
    }

    /**
     * While set, this node takes part in no election, neither as a voter nor as a candidate: see the wiped-disk guard.
     */
    public void refuseVotes(boolean refuse) {
        engine.refuseVotes(refuse);
    }

    public TransportMeters meters() {
        return meters;
    }

    /** Runs {@code task} after a delay on the timer's thread: it must be short. */
    public void later(Runnable task, long delayMillis) {
        timer.newTimeout(ignored -> task.run(), delayMillis, TimeUnit.MILLISECONDS);
    }

    /** Fails what is under way and closes everything. */
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

    void tell(Consumer<PeerListener> news) {
        try {
            events.execute(() -> listeners.forEach(news));
        } catch (RejectedExecutionException closing) {
            // Nobody is listening any more.
        }
    }

    CompletableFuture<Optional<String>> judge(PeerHello other) {
        return CompletableFuture.supplyAsync(() -> rules.objectionTo(other), events);
    }

    void answerOwn(Channel channel, int type, long callId, ByteBuf frame) {
        if (frame.readableBytes() < Frame.GROUP_BYTES) {
            throw new TransportException("a message of kind " + type + " that names no group");
        }
        int group = frame.readUnsignedShort();
        if (group >= hello.groups()) {
            throw new TransportException("a message to group " + group + ", there are " + hello.groups() + " from 0");
        }
        Handler handler = handlers.get(new Address(group, type));
        if (handler == null) {
            // Not the end of the connection: this node may be starting, and the others' appends come over it.
            String reason = "no handler for messages of kind " + type + " to group " + group;
            note(channel.remoteAddress(), reason);
            channel.writeAndFlush(Frame.text(channel.alloc(), Frame.KIND_FAILURE, callId, reason));
            return;
        }
        byte[] question = new byte[frame.readableBytes()];
        frame.readBytes(question);
        handler.answer(question).whenComplete((answer, failure) -> {
            ByteBuf sent = answer == null ? failed(channel, callId, failure) : answered(channel, type, callId, answer);
            meters.sentBytes.add(sent.readableBytes());
            channel.writeAndFlush(sent);
        });
    }

    private static ByteBuf answered(Channel channel, int type, long callId, byte[] answer) {
        try {
            return Frame.bytes(channel.alloc(), Frame.KIND_RESPONSE, type, callId, answer);
        } catch (TransportException tooLarge) {
            return failed(channel, callId, tooLarge);
        }
    }

    private static ByteBuf failed(Channel channel, long callId, @Nullable Throwable why) {
        String reason = why == null ? "there is no answer" : String.valueOf(why.getMessage());
        return Frame.text(channel.alloc(), Frame.KIND_FAILURE, callId, reason);
    }

    /**
     * What came over a connection makes no sense, something here is wrong with it, or it was lost; the caller closes
     * it.
     */
    void rejected(Object from, Throwable cause) {
        if (isLossOfConnection(cause)) {
            LOG.debug("peer-connection-broken from={} cause=\"{}\"", from, cause.getMessage());
            return;
        }
        Throwable said = cause instanceof DecoderException && cause.getCause() != null ? cause.getCause() : cause;
        if (said instanceof TransportException
                || said instanceof IllegalArgumentException
                || said instanceof IOException) {
            note(from, String.valueOf(said.getMessage()));
        } else {
            lines.take(System.nanoTime())
                    .ifPresent(suppressed ->
                            LOG.error("peer-connection-failed from={} suppressed={}", from, suppressed, said));
        }
    }

    /**
     * A peer that is killed resets its connections. What TLS finds wrong is an IOException as well, and is no loss: nor
     * is anything that the decoder of a message throws.
     */
    private static boolean isLossOfConnection(Throwable cause) {
        return cause instanceof IOException && !(cause instanceof SSLException);
    }

    private void note(Object from, String reason) {
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
