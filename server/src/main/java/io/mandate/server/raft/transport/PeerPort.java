package io.mandate.server.raft.transport;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The port for other nodes. A connection that does not start with the hello of a member of this cluster is rejected
 * with the reason, and closed.
 */
final class PeerPort {
    private static final Logger LOG = LoggerFactory.getLogger(PeerPort.class);

    /** How long a connection may take to send its hello. */
    private static final int HELLO_MILLIS_MAX = 5_000;

    /** The most connections, of members and others: a few hundred times what a cluster needs. */
    private static final int CONNECTIONS_MAX = 1_024;

    private final PeerTransport transport;
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private @Nullable Channel listening;

    PeerPort(PeerTransport transport) {
        this.transport = transport;
    }

    void listen(InetSocketAddress address) throws IOException {
        try {
            listening = new ServerBootstrap()
                    .group(transport.eventLoops())
                    .channel(NioServerSocketChannel.class)
                    .option(ChannelOption.SO_REUSEADDR, true)
                    .childOption(ChannelOption.TCP_NODELAY, true)
                    .childHandler(new ChannelInitializer<Channel>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            if (connections.size() >= CONNECTIONS_MAX) {
                                transport.rejected(
                                        channel.remoteAddress(),
                                        new TransportException(
                                                "the limit of " + CONNECTIONS_MAX + " connections is reached"));
                                channel.close();
                                return;
                            }
                            FrameDecoder decoder = new FrameDecoder();
                            PeerSecurity security = transport.security();
                            if (security != null) {
                                channel.pipeline().addLast(security.listening().newHandler(channel.alloc()));
                            }
                            channel.pipeline()
                                    .addLast(
                                            new FlushConsolidationHandler(
                                                    FlushConsolidationHandler.DEFAULT_EXPLICIT_FLUSH_AFTER_FLUSHES,
                                                    true),
                                            decoder,
                                            new RequestReader(decoder));
                            connections.add(channel);
                        }
                    })
                    .bind(address)
                    .sync()
                    .channel();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while opening the peer port " + address, interrupted);
        } catch (Exception failed) {
            // Netty throws the checked BindException undeclared.
            throw new IOException("cannot listen for peers on " + address + ": " + failed.getMessage(), failed);
        }
    }

    void close() {
        if (listening != null) {
            listening.close().syncUninterruptibly();
        }
        connections.close().awaitUninterruptibly();
    }

    private final class RequestReader extends SimpleChannelInboundHandler<ByteBuf> {
        private final FrameDecoder decoder;
        private @Nullable EngineConnection engineConnection;
        private boolean handshakeStarted;

        RequestReader(FrameDecoder decoder) {
            this.decoder = decoder;
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            context.executor()
                    .schedule(
                            () -> {
                                if (!handshakeStarted) {
                                    context.close();
                                }
                            },
                            HELLO_MILLIS_MAX,
                            TimeUnit.MILLISECONDS);
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf frame) {
            transport.meters().receivedBytes.add(frame.readableBytes() + Frame.LENGTH_BYTES);
            byte kind = frame.readByte();
            int type = frame.readUnsignedByte();
            long id = frame.readLong();
            EngineConnection known = engineConnection;
            if (kind == Frame.KIND_HELLO && !handshakeStarted) {
                handshakeStarted = true;
                handshake(context, frame, id);
            } else if (known == null || kind != Frame.KIND_REQUEST) {
                throw new TransportException("a frame of kind " + kind + " where none is expected");
            } else if (type >= Frame.OWN_TYPES) {
                transport.handleOwn(context.channel(), type, id, frame);
            } else {
                transport.engine().received(known, id, EngineMessages.read(type, frame));
            }
        }

        private void handshake(ChannelHandlerContext context, ByteBuf frame, long highest) {
            try {
                validate(
                        context,
                        PeerHello.read(frame, highest, transport.hello().versions()));
            } catch (VersionsApartException apart) {
                reject(context, "unknown", String.valueOf(apart.getMessage()));
            }
        }

        /**
         * Validation may write to disk, so it does not run on the event loop; nothing is read from the connection
         * meanwhile.
         */
        private void validate(ChannelHandlerContext context, PeerHello hello) {
            context.channel().config().setAutoRead(false);
            transport
                    .validate(hello)
                    .whenComplete((rejection, failure) -> context.executor().execute(() -> {
                        if (failure != null || rejection.isPresent()) {
                            String reason = failure != null ? String.valueOf(failure.getMessage()) : rejection.get();
                            reject(context, Long.toHexString(hello.memberId()), reason);
                        } else {
                            decoder.handshakeDone();
                            engineConnection = new EngineConnection(context.channel(), transport.meters());
                            context.writeAndFlush(Frame.hello(context.alloc(), Frame.KIND_WELCOME, transport.hello()));
                            context.channel().config().setAutoRead(true);
                        }
                    }));
        }

        private void reject(ChannelHandlerContext context, String member, String reason) {
            LOG.warn(
                    "peer-rejected from={} member={} reason=\"{}\"",
                    context.channel().remoteAddress(),
                    member,
                    reason);
            context.writeAndFlush(Frame.text(context.alloc(), Frame.KIND_REFUSED, 0, reason))
                    .addListener(ChannelFutureListener.CLOSE);
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            if (engineConnection != null) {
                transport.engine().connectionClosed(engineConnection);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            transport.rejected(context.channel().remoteAddress(), cause);
            context.close();
        }
    }
}
