package io.mandate.server.http;

import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.grpc.netty.InternalProtocolNegotiator;
import io.grpc.netty.InternalProtocolNegotiators;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.AsciiString;
import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Detects gRPC or HTTP/1.1 by a connection's first bytes: the HTTP/2 preface, or not. grpc-java serves one protocol a
 * port (grpc-java #9002), but its handler for the negotiation of a connection can be replaced. This one waits for the
 * first bytes, then either continues with gRPC's negotiation, or replaces gRPC's handlers by those for HTTP/1.1.
 *
 * <p>With TLS it will be behind the TLS handler and see the same bytes; the result of ALPN is not needed.
 */
final class ProtocolSniffer implements InternalProtocolNegotiator.ProtocolNegotiator {
    private final InternalProtocolNegotiator.ProtocolNegotiator grpc = InternalProtocolNegotiators.serverPlaintext();
    private final Map<String, Page> pages;
    private final PortLimits limits;
    private final OpenConnections connections;

    ProtocolSniffer(Map<String, Page> pages, PortLimits limits, OpenConnections connections) {
        this.pages = Map.copyOf(pages);
        this.limits = limits;
        this.connections = connections;
    }

    @Override
    public AsciiString scheme() {
        return grpc.scheme();
    }

    @Override
    public ChannelHandler newHandler(GrpcHttp2ConnectionHandler connection) {
        return new SniffingHandler(grpc.newHandler(connection));
    }

    @Override
    public void close() {
        grpc.close();
    }

    private final class SniffingHandler extends ChannelInboundHandlerAdapter {
        private final ChannelHandler grpcNegotiation;
        private final ByteBuf preface = Http2CodecUtil.connectionPrefaceBuf();
        private final List<Object> negotiationEvents = new ArrayList<>();
        private ByteBuf received = Unpooled.EMPTY_BUFFER;
        private @Nullable Future<?> handshakeTimeout;

        SniffingHandler(ChannelHandler grpcNegotiation) {
            this.grpcNegotiation = grpcNegotiation;
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            if (!connections.admit(context.channel())) {
                context.close();
                return;
            }
            // gRPC's own handshake timeout does not work here: its close command waits for a negotiation that never
            // begins.
            handshakeTimeout = context.executor()
                    .schedule(() -> context.close(), limits.handshakeTimeout().toMillis(), TimeUnit.MILLISECONDS);
            context.fireChannelActive();
        }

        /** gRPC starts its negotiation by an event, which is kept until the protocol is known. */
        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            negotiationEvents.add(event);
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            received = Unpooled.wrappedBuffer(received, (ByteBuf) message);
            int compared = Math.min(received.readableBytes(), preface.readableBytes());
            boolean prefaceSoFar =
                    received.slice(received.readerIndex(), compared).equals(preface.slice(0, compared));
            if (prefaceSoFar && compared < preface.readableBytes()) {
                context.read();
                return;
            }
            ByteBuf first = received;
            received = Unpooled.EMPTY_BUFFER;
            ChannelPipeline pipeline = context.pipeline();
            if (prefaceSoFar) {
                pipeline.replace(this, null, grpcNegotiation);
                negotiationEvents.forEach(pipeline::fireUserEventTriggered);
            } else {
                switchToHttp1(pipeline);
            }
            pipeline.fireChannelRead(first);
            pipeline.fireChannelReadComplete();
        }

        private void switchToHttp1(ChannelPipeline pipeline) {
            while (pipeline.last() != this) {
                pipeline.removeLast();
            }
            pipeline.addLast(
                    new IdleStateHandler(0, 0, limits.idleTimeout().toMillis(), TimeUnit.MILLISECONDS),
                    new HttpServerCodec(limits.headerBytesMax(), limits.headerBytesMax(), limits.headerBytesMax()),
                    new HttpObjectAggregator(limits.bodyBytesMax()),
                    new HttpConnection(pages));
            pipeline.remove(this);
        }

        @Override
        public void handlerRemoved(ChannelHandlerContext context) {
            if (handshakeTimeout != null) {
                handshakeTimeout.cancel(false);
            }
            preface.release();
            received.release();
        }
    }
}
