package io.mandate.server.http;

import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.concurrent.CompletableFuture;

/** What is answered to a GET of one path. Must not block; an answer that fails is a 500 with the failure's message. */
interface Page {
    CompletableFuture<Answer> get(QueryStringDecoder query);

    /** A complete answer. */
    record Answer(int status, String contentType, String body) {
        static final String TEXT = "text/plain; charset=utf-8";
        static final String JSON = "application/json";
    }
}
