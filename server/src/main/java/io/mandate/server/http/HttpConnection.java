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
 * One HTTP/1.1 connection: dispatches requests to pages by path. Responses are sent in the order of the requests; the
 * next request is handled when the last response has been written.
 */
final class HttpConnection extends SimpleChannelInboundHandler<FullHttpRequest> {
    private static final Logger LOG = LoggerFactory.getLogger(HttpConnection.class);

    /** etcd's text to the letter; APISIX and Patroni match on it. */
    private static final Page.Response NOT_FOUND = Page.Response.text(404, "404 page not found\n");

    private static final Page.Response METHOD_NOT_ALLOWED = Page.Response.text(405, "Method Not Allowed\n");

    /** The response to a CORS preflight request: as in etcd, every origin is allowed. */
    private static final Page.Response PREFLIGHT = Page.Response.text(200, "");

    /** RFC 9110 §5.6.7: two digits for the day, unlike Java's RFC 1123 formatter. */
    private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern(
                    "EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.US)
            .withZone(ZoneOffset.UTC);

    private final Map<String, Page> pages;

    /** Requests that were read together with the one in progress; no more are read meanwhile. */
    private final Deque<FullHttpRequest> queued = new ArrayDeque<>();

    private boolean handling;

    HttpConnection(Map<String, Page> pages) {
        this.pages = pages;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
        queued.add(request.retain());
        if (!handling) {
            handling = true;
            context.channel().config().setAutoRead(false);
            handleNext(context);
        }
    }

    private void handleNext(ChannelHandlerContext context) {
        FullHttpRequest request = queued.poll();
        if (request == null) {
            handling = false;
            context.channel().config().setAutoRead(true);
            return;
        }
        try {
            handle(context, request);
        } finally {
            request.release();
        }
    }

    private void handle(ChannelHandlerContext context, FullHttpRequest request) {
        boolean keepAlive =
                HttpUtil.isKeepAlive(request) && request.decoderResult().isSuccess();
        respond(request)
                .exceptionally(failure -> failed(request.uri(), failure))
                .thenAccept(response -> context.executor().execute(() -> write(context, response, keepAlive)));
    }

    private static Page.Response failed(String uri, Throwable failure) {
        LOG.warn("page-failed uri={} cause=\"{}\"", uri, failure, failure);
        return Page.Response.text(500, failure.getMessage() + "\n");
    }

    private CompletableFuture<Page.Response> respond(FullHttpRequest request) {
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
            return CompletableFuture.completedFuture(Page.Response.text(400, undecodable.getMessage() + "\n"));
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

    private static Page.Response malformed(DecoderResult result) {
        int status = 400;
        if (result.cause() instanceof TooLongHttpLineException) {
            status = 414;
        } else if (result.cause() instanceof TooLongHttpHeaderException) {
            status = 431;
        }
        return Page.Response.text(status, "malformed request: " + result.cause().getMessage() + "\n");
    }

    private void write(ChannelHandlerContext context, Page.Response page, boolean keepAlive) {
        ByteBuf body = Unpooled.copiedBuffer(page.body(), StandardCharsets.UTF_8);
        FullHttpResponse response =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(page.status()), body);
        HttpHeaders headers = response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, page.contentType())
                .setInt(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes())
                .set(HttpHeaderNames.DATE, DATE.format(Instant.now()))
                .set("x-content-type-options", "nosniff")
                .set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, "*")
                .set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_METHODS, "POST, GET, OPTIONS, PUT, DELETE")
                .set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_HEADERS, "accept, content-type, authorization")
                .set(HttpHeaderNames.CONNECTION, keepAlive ? HttpHeaderValues.KEEP_ALIVE : HttpHeaderValues.CLOSE);
        if (page.equals(METHOD_NOT_ALLOWED)) {
            headers.set(HttpHeaderNames.ALLOW, "GET");
        }
        ChannelFuture written = context.writeAndFlush(response);
        if (keepAlive) {
            // The next request is handled only after this response was written, so that a client that does not read
            // holds at most one response.
            written.addListener(sent -> handleNext(context));
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
        queued.forEach(FullHttpRequest::release);
        queued.clear();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.close();
    }
}
