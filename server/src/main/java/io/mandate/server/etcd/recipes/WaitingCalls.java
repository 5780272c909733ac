package io.mandate.server.etcd.recipes;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Bounds the number of calls of one kind that wait in a queue, for an unlimited time. Each uses a watcher. Thread-safe.
 */
final class WaitingCalls {
    /** A quarter of the watchers that a node may have. */
    static final int MAX = 50_000;

    private final int max;
    private final AtomicInteger waiting = new AtomicInteger();

    WaitingCalls(int max) {
        this.max = max;
    }

    /** Counts the call until it completes. Beyond the limit the call is failed, and the result is false. */
    boolean admit(CompletableFuture<?> call) {
        boolean admitted = waiting.incrementAndGet() <= max;
        call.whenComplete((done, failure) -> waiting.decrementAndGet());
        if (!admitted) {
            call.completeExceptionally(new Recipes.RecipeException("etcdserver: too many requests"));
        }
        return admitted;
    }
}
