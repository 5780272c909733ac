package io.mandate.server.raft.transport;

import com.alipay.sofa.jraft.util.Endpoint;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.util.Timeout;
import java.net.ConnectException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection to one other node, established in advance and again after every loss. Calls fail at once while there
 * is none, so that no thread waits for a handshake while it holds a lock. Thread-safe.
 */
final class PeerLink {
    private static final Logger LOG = LoggerFactory.getLogger(PeerLink.class);

    /**
     * The outbound buffer: above it, calls are refused until it has drained below half, so that a slow peer uses
     * bounded memory.
     */
    private static final int OUTBOUND_BYTES_MAX = 32 << 20;

    /** Calls in flight; more than the engine's pipeline and our own windows need. */
    private static final int CALLS_MAX = 16_384;

    private static final int CONNECT_MILLIS_MAX = 1_000;

    /**
     * From the connection to its use. A connection is accepted by the other machine's kernel before its node reads from
     * it, which a node that stops, or stands still, never does.
     */
    private static final int WELCOME_MILLIS_MAX = 5_000;

    private static final int BACKOFF_FIRST_MILLIS = 20;
    private static final int BACKOFF_MILLIS_MAX = 500;

    /** A rejected node retries rarely: an operator must act first. */
    private static final int BACKOFF_REFUSED_MILLIS = 2_000;

    /** A call that waits for its response. */
    interface Call {
        /**
         * Handles the response, or throws if it is malformed; then {@link #failed} is called and the connection is
         * closed.
         */
        void responded(int type, ByteBuf payload);

        void failed(TransportException failure);
    }

    private record TimedCall(Call call, Timeout timeout) {}

    private final PeerTransport transport;
    private final Endpoint peer;
    private final Map<Long, TimedCall> pending = new ConcurrentHashMap<>();
    private final AtomicLong nextCallId = new AtomicLong();
    private volatile @Nullable Channel establishedChannel;
    private volatile @Nullable PeerVersions versions;
    private volatile boolean closed;
    private int failures;

    PeerLink(PeerTransport transport, Endpoint peer) {
        this.transport = transport;
        this.peer = peer;
    }

    Endpoint peer() {
        return peer;
    }

    boolean isConnected() {
        Channel channel = establishedChannel;
        return channel != null && channel.isActive();
    }

    /** The versions that the node had at the last handshake; null if there was none. */
    @Nullable
    PeerVersions versions() {
        return versions;
    }

    /** Whether a call would be sent now. */
    boolean isWritable() {
        Channel channel = establishedChannel;
        return channel != null && channel.isWritable();
    }

    void connect() {
        if (closed) {
            return;
        }
        new Bootstrap()
                .group(transport.eventLoops())
                .channel(NioSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MILLIS_MAX)
                .option(
                        ChannelOption.WRITE_BUFFER_WATER_MARK,
                        new WriteBufferWaterMark(OUTBOUND_BYTES_MAX / 2, OUTBOUND_BYTES_MAX))
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        FrameDecoder decoder = new FrameDecoder();
                        PeerSecurity security = transport.security();
                        if (security != null) {
                            channel.pipeline()
                                    .addLast(security.connecting()
                                            .newHandler(channel.alloc(), peer.getIp(), peer.getPort()));
                        }
                        channel.pipeline()
                                .addLast(
                                        new FlushConsolidationHandler(
                                                FlushConsolidationHandler.DEFAULT_EXPLICIT_FLUSH_AFTER_FLUSHES, true),
                                        decoder,
                                        new ResponseReader(decoder));
                    }
                })
                .connect(peer.getIp(), peer.getPort())
                .addListener(result -> {
                    if (!result.isSuccess()) {
                        boolean portClosed = result.cause() instanceof ConnectException
                                && !(result.cause() instanceof ConnectTimeoutException);
                        if (portClosed) {
                            transport.notifyListeners(listener -> listener.portClosed(peer));
                        }
                        connectLater(backoffMillis());
                    }
                });
    }

    private int backoffMillis() {
        int millis = Math.min(BACKOFF_MILLIS_MAX, BACKOFF_FIRST_MILLIS << Math.min(failures++, 5));
        return millis + ThreadLocalRandom.current().nextInt(millis / 2 + 1);
    }

    private void connectLater(int millis) {
        if (!closed) {
            transport.timer().newTimeout(ignored -> connect(), millis, TimeUnit.MILLISECONDS);
        }
    }

    /**
     * Sends the frame that {@code frame} builds for a new call id. {@code call} is completed exactly once; on failure
     * to send, on this thread.
     */
    void call(BiFunction<ByteBufAllocator, Long, ByteBuf> frame, Call call, long timeoutMillis) {
        Channel channel = establishedChannel;
        if (channel == null || !channel.isWritable() || pending.size() >= CALLS_MAX) {
            transport.meters().failedSends.increment();
            call.failed(new TransportException(
                    channel == null ? "not connected to " + peer : "too much is waiting to be sent to " + peer, true));
            return;
        }
        long id = nextCallId.incrementAndGet();
        ByteBuf message = frame.apply(channel.alloc(), id);
        transport.meters().sentBytes.add(message.readableBytes());
        Timeout timeout = transport
                .timer()
                .newTimeout(
                        ignored -> fail(id, peer + " did not answer within " + timeoutMillis + " ms"),
                        timeoutMillis,
                        TimeUnit.MILLISECONDS);
        pending.put(id, new TimedCall(call, timeout));
        channel.writeAndFlush(message).addListener(result -> {
            if (!result.isSuccess()) {
                transport.meters().failedSends.increment();
                fail(id, "sending to " + peer + " failed: " + result.cause());
            }
        });
        if (establishedChannel != channel) {
            // The connection was lost in between, and its calls may have been failed before this one was registered.
            fail(id, "connection to " + peer + " lost");
        }
    }

    private void fail(long id, String reason) {
        TimedCall timedCall = pending.remove(id);
        if (timedCall != null) {
            timedCall.timeout().cancel();
            timedCall.call().failed(new TransportException(reason));
        }
    }

    void disconnect() {
        Channel channel = establishedChannel;
        if (channel != null) {
            channel.close();
        }
    }

    void close() {
        closed = true;
        disconnect();
        pending.keySet().forEach(id -> fail(id, "this node is stopping"));
    }

    private final class ResponseReader extends SimpleChannelInboundHandler<ByteBuf> {
        private final FrameDecoder decoder;
        private boolean welcomed;
        private boolean refused;

        ResponseReader(FrameDecoder decoder) {
            this.decoder = decoder;
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            context.executor()
                    .schedule(
                            () -> {
                                if (establishedChannel != context.channel()
                                        && context.channel().isActive()) {
                                    LOG.info("peer-silent peer={} after-millis={}", peer, WELCOME_MILLIS_MAX);
                                    context.close();
                                }
                            },
                            WELCOME_MILLIS_MAX,
                            TimeUnit.MILLISECONDS);
            context.writeAndFlush(Frame.hello(context.alloc(), Frame.KIND_HELLO, transport.hello()));
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf frame) {
            transport.meters().receivedBytes.add(frame.readableBytes() + Frame.LENGTH_BYTES);
            byte kind = frame.readByte();
            int type = frame.readUnsignedByte();
            long id = frame.readLong();
            if (kind == Frame.KIND_WELCOME && !welcomed) {
                welcomed = true;
                welcome(context.channel(), frame, id);
            } else if (kind == Frame.KIND_REFUSED && !welcomed) {
                refuse(context.channel(), Frame.text(frame));
            } else if (establishedChannel == context.channel()) {
                handleResponse(kind, type, id, frame);
            } else {
                throw new TransportException("a frame of kind " + kind + " where none is expected");
            }
        }

        /** The other node has accepted this one, which now validates it in turn. No other message is sent before. */
        private void welcome(Channel channel, ByteBuf frame, long highest) {
            PeerHello hello;
            try {
                hello = PeerHello.read(frame, highest, transport.hello().versions());
            } catch (VersionsApartException apart) {
                refuse(channel, String.valueOf(apart.getMessage()));
                return;
            }
            transport
                    .validate(hello)
                    .whenComplete((rejection, failure) -> channel.eventLoop().execute(() -> {
                        if (failure != null) {
                            refuse(channel, String.valueOf(failure.getMessage()));
                        } else if (rejection.isPresent()) {
                            refuse(channel, rejection.get());
                        } else if (channel.isActive()) {
                            decoder.handshakeDone();
                            failures = 0;
                            versions = hello.versions();
                            establishedChannel = channel;
                            LOG.info("peer-connected peer={} versions={}", peer, hello.versions());
                            transport.notifyListeners(listener -> listener.connected(peer));
                        }
                    }));
        }

        private void refuse(Channel channel, String reason) {
            refused = true;
            LOG.warn("peer-refused peer={} reason=\"{}\"", peer, reason);
            transport.notifyListeners(listener -> listener.refused(peer, reason));
            channel.close();
        }

        private void handleResponse(byte kind, int type, long id, ByteBuf frame) {
            if (kind != Frame.KIND_RESPONSE && kind != Frame.KIND_FAILURE) {
                throw new TransportException("a frame of kind " + kind + " where a response is expected");
            }
            TimedCall timedCall = pending.remove(id);
            if (timedCall == null) {
                return; // it has timed out
            }
            timedCall.timeout().cancel();
            if (kind == Frame.KIND_FAILURE) {
                timedCall.call().failed(new TransportException(Frame.text(frame)));
                return;
            }
            try {
                timedCall.call().responded(type, frame);
            } catch (RuntimeException | Error malformed) {
                timedCall
                        .call()
                        .failed(new TransportException("the response of " + peer + " cannot be read: " + malformed));
                throw malformed;
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            boolean wasEstablished = establishedChannel == context.channel();
            if (wasEstablished) {
                establishedChannel = null;
                pending.keySet().forEach(id -> fail(id, "connection to " + peer + " lost"));
                LOG.info("peer-connection-lost peer={}", peer);
                transport.notifyListeners(listener -> listener.connectionLost(peer));
            }
            if (wasEstablished && !closed) {
                connect();
            } else {
                connectLater(refused ? BACKOFF_REFUSED_MILLIS : backoffMillis());
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            transport.rejected(peer, cause);
            context.close();
        }
    }
}
