package io.mandate.server.http;

import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.concurrent.CompletableFuture;

/** What is answered to a GET of one path. Must not block; an answer that fails is a 500 with the failure's message. */
@FunctionalInterface
interface Page {
    CompletableFuture<Answer> get(QueryStringDecoder query);

    /** A page that is always the same. */
    static Page of(Answer answer) {
        return query -> CompletableFuture.completedFuture(answer);
    }

    /** A complete answer. */
    record Answer(int status, String contentType, String body) {
        static Answer text(int status, String body) {
            return new Answer(status, "text/plain; charset=utf-8", body);
        }

        static Answer json(int status, Object body) {
            return new Answer(status, "application/json", body.toString());
        }
    }
}
