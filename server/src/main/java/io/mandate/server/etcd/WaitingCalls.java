package io.mandate.server.etcd;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Bounds the calls of one kind that wait for their turn, for as long as that may take. Each costs a watcher.
 * Thread-safe.
 */
final class WaitingCalls {
    /** A quarter of the watchers that a member may have. */
    static final int MAX = 50_000;

    private final int max;
    private final AtomicInteger waiting = new AtomicInteger();

    WaitingCalls(int max) {
        this.max = max;
    }

    /** Counts the call until it is done; one too many is done at once, by a refusal, and false is returned. */
    boolean admit(CompletableFuture<?> call) {
        boolean admitted = waiting.incrementAndGet() <= max;
        call.whenComplete((done, failure) -> waiting.decrementAndGet());
        if (!admitted) {
            call.completeExceptionally(new Recipes.RecipeException("etcdserver: too many requests"));
        }
        return admitted;
    }
}
