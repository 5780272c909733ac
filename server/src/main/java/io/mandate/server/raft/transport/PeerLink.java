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
 * The connection to one other node, made beforehand and again whenever it is lost. Calls fail at once while there is
 * none, so that nobody waits for a handshake under a lock. Thread-safe.
 */
final class PeerLink {
    private static final Logger LOG = LoggerFactory.getLogger(PeerLink.class);

    /**
     * Bytes waiting to be sent, above which calls are refused until they have drained below half: a slow peer costs
     * bounded memory.
     */
    private static final int OUTBOUND_BYTES_MAX = 32 << 20;

    /** Calls under way; more than the engine's pipeline and our own windows ever have. */
    private static final int CALLS_MAX = 16_384;

    private static final int CONNECT_MILLIS_MAX = 1_000;

    /**
     * From the connection to its use. A connection is accepted by the other machine's kernel before its node reads
     * from it, which a node that stops, or stands still, never does.
     */
    private static final int WELCOME_MILLIS_MAX = 5_000;

    private static final int BACKOFF_FIRST_MILLIS = 20;
    private static final int BACKOFF_MILLIS_MAX = 500;

    /** A node that was refused asks again, but not often: an operator has to act first. */
    private static final int BACKOFF_REFUSED_MILLIS = 2_000;

    /** What waits for an answer. */
    interface Call {
        /**
         * Takes the answer, or throws if it makes no sense; {@link #failed} is called then, and the connection is
         * closed.
         */
        void answered(int type, ByteBuf payload);

        void failed(TransportException why);
    }

    private record Pending(Call call, Timeout timeout) {}

    private final PeerTransport transport;
    private final Endpoint peer;
    private final Map<Long, Pending> pending = new ConcurrentHashMap<>();
    private final AtomicLong nextCallId = new AtomicLong();
    private volatile @Nullable Channel welcomed;
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
        Channel channel = welcomed;
        return channel != null && channel.isActive();
    }

    /** The versions that the node speaks, or spoke when it was last met; null if it has not been met. */
    @Nullable
    PeerVersions versions() {
        return versions;
    }

    /** Whether a call would be sent now. */
    boolean isWritable() {
        Channel channel = welcomed;
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
                                        new Answers(decoder));
                    }
                })
                .connect(peer.getIp(), peer.getPort())
                .addListener(result -> {
                    if (!result.isSuccess()) {
                        boolean portClosed = result.cause() instanceof ConnectException
                                && !(result.cause() instanceof ConnectTimeoutException);
                        if (portClosed) {
                            transport.tell(listener -> listener.portClosed(peer));
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
     * Sends what {@code frame} builds for a fresh call id. {@code call} is always told, once; on failure to send, on
     * this thread.
     */
    void call(BiFunction<ByteBufAllocator, Long, ByteBuf> frame, Call call, long timeoutMillis) {
        Channel channel = welcomed;
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
        pending.put(id, new Pending(call, timeout));
        channel.writeAndFlush(message).addListener(result -> {
            if (!result.isSuccess()) {
                transport.meters().failedSends.increment();
                fail(id, "sending to " + peer + " failed: " + result.cause());
            }
        });
        if (welcomed != channel) {
            // The connection was lost in between, and its calls may have been failed before this one was among them.
            fail(id, "connection to " + peer + " lost");
        }
    }

    private void fail(long id, String why) {
        Pending waiting = pending.remove(id);
        if (waiting != null) {
            waiting.timeout().cancel();
            waiting.call().failed(new TransportException(why));
        }
    }

    void disconnect() {
        Channel channel = welcomed;
        if (channel != null) {
            channel.close();
        }
    }

    void close() {
        closed = true;
        disconnect();
        pending.keySet().forEach(id -> fail(id, "this node is stopping"));
    }

    private final class Answers extends SimpleChannelInboundHandler<ByteBuf> {
        private final FrameDecoder decoder;
        private boolean greeted;
        private boolean refused;

        Answers(FrameDecoder decoder) {
            this.decoder = decoder;
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            context.executor()
                    .schedule(
                            () -> {
                                if (welcomed != context.channel()
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
            if (kind == Frame.KIND_WELCOME && !greeted) {
                greeted = true;
                welcome(context.channel(), frame, id);
            } else if (kind == Frame.KIND_REFUSED && !greeted) {
                refuse(context.channel(), Frame.text(frame));
            } else if (welcomed == context.channel()) {
                answer(kind, type, id, frame);
            } else {
                throw new TransportException("a frame of kind " + kind + " where none is expected");
            }
        }

        /** The other side has accepted us; now it is judged in turn. Nothing is sent to it before. */
        private void welcome(Channel channel, ByteBuf frame, long highest) {
            PeerHello hello;
            try {
                hello = PeerHello.read(frame, highest, transport.hello().versions());
            } catch (VersionsApartException apart) {
                refuse(channel, String.valueOf(apart.getMessage()));
                return;
            }
            transport
                    .judge(hello)
                    .whenComplete((objection, failure) -> channel.eventLoop().execute(() -> {
                        if (failure != null) {
                            refuse(channel, String.valueOf(failure.getMessage()));
                        } else if (objection.isPresent()) {
                            refuse(channel, objection.get());
                        } else if (channel.isActive()) {
                            decoder.introduced();
                            failures = 0;
                            versions = hello.versions();
                            welcomed = channel;
                            LOG.info("peer-connected peer={} versions={}", peer, hello.versions());
                            transport.tell(listener -> listener.connected(peer));
                        }
                    }));
        }

        private void refuse(Channel channel, String reason) {
            refused = true;
            LOG.warn("peer-refused peer={} reason=\"{}\"", peer, reason);
            transport.tell(listener -> listener.refused(peer, reason));
            channel.close();
        }

        private void answer(byte kind, int type, long id, ByteBuf frame) {
            if (kind != Frame.KIND_RESPONSE && kind != Frame.KIND_FAILURE) {
                throw new TransportException("a frame of kind " + kind + " where an answer is expected");
            }
            Pending waiting = pending.remove(id);
            if (waiting == null) {
                return; // timed out meanwhile
            }
            waiting.timeout().cancel();
            if (kind == Frame.KIND_FAILURE) {
                waiting.call().failed(new TransportException(Frame.text(frame)));
                return;
            }
            try {
                waiting.call().answered(type, frame);
            } catch (RuntimeException | Error senseless) {
                waiting.call()
                        .failed(new TransportException("the answer of " + peer + " cannot be read: " + senseless));
                throw senseless;
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            boolean established = welcomed == context.channel();
            if (established) {
                welcomed = null;
                pending.keySet().forEach(id -> fail(id, "connection to " + peer + " lost"));
                LOG.info("peer-connection-lost peer={}", peer);
                transport.tell(listener -> listener.connectionLost(peer));
            }
            if (established && !closed) {
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
