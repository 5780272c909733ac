package io.mandate.server.raft;

import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.Request;
import java.util.concurrent.CompletableFuture;

/** A request that waits for its outcome. */
final class Proposal {
    final Request request;
    final int bytes;
    final long deadlineNanos;
    final CompletableFuture<Outcome> outcome = new CompletableFuture<>();

    Proposal(Request request, int bytes, long deadlineNanos) {
        this.request = request;
        this.bytes = bytes;
        this.deadlineNanos = deadlineNanos;
    }

    boolean isOverdue(long nowNanos) {
        return nowNanos - deadlineNanos >= 0;
    }

    void fail(ReplicationException.Kind kind, String reason) {
        outcome.completeExceptionally(new ReplicationException(kind, reason));
    }
}
