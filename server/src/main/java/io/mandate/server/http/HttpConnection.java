package io.mandate.server.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.handler.timeout.IdleStateEvent;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One HTTP/1.1 connection: finds the page of a path. Answers leave in the order of the requests; the next is taken when
 * the last answer is out.
 */
final class HttpConnection extends SimpleChannelInboundHandler<FullHttpRequest> {
    private static final Logger LOG = LoggerFactory.getLogger(HttpConnection.class);

    /** To the letter what etcd says: users of APISIX and Patroni look for it. */
    private static final Page.Answer NOT_FOUND = Page.Answer.text(404, "404 page not found\n");

    private static final Page.Answer METHOD_NOT_ALLOWED = Page.Answer.text(405, "Method Not Allowed\n");

    /** What a browser is told that asks first whether it may come from another site's page: as etcd, anyone may. */
    private static final Page.Answer PREFLIGHT = Page.Answer.text(200, "");

    /** RFC 9110 §5.6.7; two digits for the day, unlike the formatter that Java has for RFC 1123. */
    private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern(
                    "EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.US)
            .withZone(ZoneOffset.UTC);

    private final Map<String, Page> pages;

    /** What came in one read with the request that is being answered; nothing more is read meanwhile. */
    private final Deque<FullHttpRequest> waiting = new ArrayDeque<>();

    private boolean answering;

    HttpConnection(Map<String, Page> pages) {
        this.pages = pages;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
        waiting.add(request.retain());
        if (!answering) {
            answering = true;
            context.channel().config().setAutoRead(false);
            answerNext(context);
        }
    }

    private void answerNext(ChannelHandlerContext context) {
        FullHttpRequest request = waiting.poll();
        if (request == null) {
            answering = false;
            context.channel().config().setAutoRead(true);
            return;
        }
        try {
            answer(context, request);
        } finally {
            request.release();
        }
    }

    private void answer(ChannelHandlerContext context, FullHttpRequest request) {
        boolean keepAlive =
                HttpUtil.isKeepAlive(request) && request.decoderResult().isSuccess();
        answerTo(request)
                .exceptionally(failure -> failed(request.uri(), failure))
                .thenAccept(answer -> context.executor().execute(() -> write(context, answer, keepAlive)));
    }

    private static Page.Answer failed(String uri, Throwable failure) {
        LOG.warn("page-failed uri={} cause=\"{}\"", uri, failure, failure);
        return Page.Answer.text(500, failure.getMessage() + "\n");
    }

    private CompletableFuture<Page.Answer> answerTo(FullHttpRequest request) {
        if (!request.decoderResult().isSuccess()) {
            return CompletableFuture.completedFuture(malformed(request.decoderResult()));
        }
        if (request.method().equals(HttpMethod.OPTIONS)) {
            return CompletableFuture.completedFuture(PREFLIGHT);
        }
        QueryStringDecoder query = new QueryStringDecoder(request.uri());
        Page page;
        try {
            page = pages.get(query.path());
            query.parameters();
        } catch (IllegalArgumentException undecodable) {
            return CompletableFuture.completedFuture(Page.Answer.text(400, undecodable.getMessage() + "\n"));
        }
        if (page == null) {
            return CompletableFuture.completedFuture(NOT_FOUND);
        }
        if (!request.method().equals(HttpMethod.GET)) {
            return CompletableFuture.completedFuture(METHOD_NOT_ALLOWED);
        }
        try {
            return page.get(query);
        } catch (RuntimeException failure) {
            return CompletableFuture.failedFuture(failure);
        }
    }

    private static Page.Answer malformed(DecoderResult result) {
        int status = 400;
        if (result.cause() instanceof TooLongHttpLineException) {
            status = 414;
        } else if (result.cause() instanceof TooLongHttpHeaderException) {
            status = 431;
        }
        return Page.Answer.text(status, "malformed request: " + result.cause().getMessage() + "\n");
    }

    private void write(ChannelHandlerContext context, Page.Answer answer, boolean keepAlive) {
        ByteBuf body = Unpooled.copiedBuffer(answer.body(), StandardCharsets.UTF_8);
        FullHttpResponse response =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(answer.status()), body);
        HttpHeaders headers = response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, answer.contentType())
                .setInt(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes())
                .set(HttpHeaderNames.DATE, DATE.format(Instant.now()))
                .set("x-content-type-options", "nosniff")
                .set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, "*")
                .set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_METHODS, "POST, GET, OPTIONS, PUT, DELETE")
                .set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_HEADERS, "accept, content-type, authorization")
                .set(HttpHeaderNames.CONNECTION, keepAlive ? HttpHeaderValues.KEEP_ALIVE : HttpHeaderValues.CLOSE);
        if (answer.equals(METHOD_NOT_ALLOWED)) {
            headers.set(HttpHeaderNames.ALLOW, "GET");
        }
        ChannelFuture written = context.writeAndFlush(response);
        if (keepAlive) {
            // Only when this answer is gone: a client that asks and does not read holds one answer, not many.
            written.addListener(sent -> answerNext(context));
        } else {
            written.addListener(ChannelFutureListener.CLOSE);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof IdleStateEvent) {
            context.close();
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        waiting.forEach(FullHttpRequest::release);
        waiting.clear();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.close();
    }
}
