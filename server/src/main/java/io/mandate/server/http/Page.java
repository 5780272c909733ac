package io.mandate.server.http;

import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.concurrent.CompletableFuture;

/**
 * Answers GET requests for one path. Must not block; a response that fails becomes a 500 with the failure's message.
 */
@FunctionalInterface
interface Page {
    CompletableFuture<Response> get(QueryStringDecoder query);

    /** A page with a constant response. */
    static Page of(Response response) {
        return query -> CompletableFuture.completedFuture(response);
    }

    /** A complete response. */
    record Response(int status, String contentType, String body) {
        static Response text(int status, String body) {
            return new Response(status, "text/plain; charset=utf-8", body);
        }

        static Response json(int status, Object body) {
            return new Response(status, "application/json", body.toString());
        }
    }
}
