package io.mandate.server.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** One HTTP/1.1 connection: finds the page of a path. The next request is read when the answer to the last one is out. */
final class HttpConversation extends SimpleChannelInboundHandler<FullHttpRequest> {
    /** To the letter what etcd says: users of APISIX and Patroni look for it. */
    private static final Page.Answer NOT_FOUND = new Page.Answer(404, Page.Answer.TEXT, "404 page not found\n");

    private final Map<String, Page> pages;

    HttpConversation(Map<String, Page> pages) {
        this.pages = pages;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
        boolean keepAlive =
                HttpUtil.isKeepAlive(request) && request.decoderResult().isSuccess();
        boolean headOnly = request.method().equals(HttpMethod.HEAD);
        context.channel().config().setAutoRead(false);
        answerTo(request)
                .whenComplete((answer, failure) -> context.executor().execute(() -> {
                    Page.Answer complete = failure == null
                            ? answer
                            : new Page.Answer(500, Page.Answer.TEXT, String.valueOf(failure.getMessage()) + "\n");
                    write(context, complete, keepAlive, headOnly);
                }));
    }

    private CompletableFuture<Page.Answer> answerTo(FullHttpRequest request) {
        if (!request.decoderResult().isSuccess()) {
            return CompletableFuture.completedFuture(new Page.Answer(
                    400,
                    Page.Answer.TEXT,
                    "malformed request: " + request.decoderResult().cause().getMessage() + "\n"));
        }
        QueryStringDecoder query = new QueryStringDecoder(request.uri());
        Page page = pages.get(query.path());
        if (page == null) {
            return CompletableFuture.completedFuture(NOT_FOUND);
        }
        if (!request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.HEAD)) {
            return CompletableFuture.completedFuture(new Page.Answer(405, Page.Answer.TEXT, "Method Not Allowed\n"));
        }
        return page.get(query);
    }

    private static void write(ChannelHandlerContext context, Page.Answer answer, boolean keepAlive, boolean headOnly) {
        ByteBuf body = Unpooled.copiedBuffer(answer.body(), StandardCharsets.UTF_8);
        int length = body.readableBytes();
        if (headOnly) {
            body.clear();
        }
        FullHttpResponse response =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(answer.status()), body);
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, answer.contentType())
                .setInt(HttpHeaderNames.CONTENT_LENGTH, length)
                .set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, "*")
                .set(HttpHeaderNames.CONNECTION, keepAlive ? HttpHeaderValues.KEEP_ALIVE : HttpHeaderValues.CLOSE);
        var written = context.writeAndFlush(response);
        if (keepAlive) {
            context.channel().config().setAutoRead(true);
        } else {
            written.addListener(ChannelFutureListener.CLOSE);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        context.close(); // idle for too long: the only event there is
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.close();
    }
}
