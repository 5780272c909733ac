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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Tells gRPC from HTTP/1.1 by a connection's first bytes: the HTTP/2 preface, or not. grpc-java has one protocol a port (grpc-java #9002), but lets
 * the handler be replaced that negotiates a connection before gRPC takes it over. This one waits for the first bytes, then either lets gRPC's own
 * negotiation go on, or takes gRPC's handlers off the connection and puts HTTP/1.1's on.
 */
final class ProtocolSniffer implements InternalProtocolNegotiator.ProtocolNegotiator {
    private static final int REQUEST_LINE_BYTES_MAX = 8 << 10;
    private static final int HEADERS_BYTES_MAX = 16 << 10;
    private static final int BODY_BYTES_MAX = 2 << 20;

    /** A connection that says nothing for so long is closed; clients that poll are faster. */
    private static final int IDLE_SECONDS_MAX = 120;

    private final InternalProtocolNegotiator.ProtocolNegotiator grpc = InternalProtocolNegotiators.serverPlaintext();
    private final Map<String, Page> pages;

    ProtocolSniffer(Map<String, Page> pages) {
        this.pages = Map.copyOf(pages);
    }

    @Override
    public AsciiString scheme() {
        return grpc.scheme();
    }

    @Override
    public ChannelHandler newHandler(GrpcHttp2ConnectionHandler connection) {
        return new Sniffing(grpc.newHandler(connection));
    }

    @Override
    public void close() {
        grpc.close();
    }

    private final class Sniffing extends ChannelInboundHandlerAdapter {
        private final ChannelHandler grpcNegotiation;
        private final ByteBuf preface = Http2CodecUtil.connectionPrefaceBuf();
        private final List<Object> negotiationEvents = new ArrayList<>();
        private ByteBuf received = Unpooled.EMPTY_BUFFER;

        Sniffing(ChannelHandler grpcNegotiation) {
            this.grpcNegotiation = grpcNegotiation;
        }

        /** gRPC starts its negotiation by an event, which is kept until there is something to negotiate. */
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
                speakHttp1(pipeline);
            }
            pipeline.fireChannelRead(first);
            pipeline.fireChannelReadComplete();
        }

        private void speakHttp1(ChannelPipeline pipeline) {
            while (pipeline.last() != this) {
                pipeline.removeLast();
            }
            pipeline.addLast(
                    new IdleStateHandler(0, 0, IDLE_SECONDS_MAX, TimeUnit.SECONDS),
                    new HttpServerCodec(REQUEST_LINE_BYTES_MAX, HEADERS_BYTES_MAX, HEADERS_BYTES_MAX),
                    new HttpObjectAggregator(BODY_BYTES_MAX),
                    new HttpConversation(pages));
            pipeline.remove(this);
        }

        @Override
        public void handlerRemoved(ChannelHandlerContext context) {
            preface.release();
            received.release();
        }
    }
}
