package io.mandate.election.internal.store;

import io.mandate.election.store.StoreException;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** The answers that a store owes, so that they fail when it is closed. Thread-safe. */
public final class PendingAnswers {
    /** Requests under way at a time: more are asked faster than the store answers. */
    private static final int REQUESTS_MAX = 10_000;

    /** Told apart by identity. */
    private static final class Owed<A> {
        final CompletableFuture<A> answer = new CompletableFuture<>();
    }

    private final String store;
    private final Set<Owed<?>> owed = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    public PendingAnswers(String store) {
        this.store = store;
    }

    public <A> CompletableFuture<A> track(Supplier<CompletionStage<A>> request) {
        if (owed.size() >= REQUESTS_MAX) {
            return CompletableFuture.failedFuture(
                    new StoreException(REQUESTS_MAX + " requests to " + store + " are under way: wait for some"));
        }
        Owed<A> mine = new Owed<>();
        owed.add(mine);
        if (closed) {
            fail(mine);
            return mine.answer;
        }
        request.get().whenComplete((value, failure) -> {
            owed.remove(mine);
            if (failure == null) {
                mine.answer.complete(value);
            } else {
                Throwable cause = failure instanceof CompletionException wrapped && wrapped.getCause() != null
                        ? wrapped.getCause()
                        : failure;
                mine.answer.completeExceptionally(cause);
            }
        });
        return mine.answer;
    }

    private void fail(Owed<?> mine) {
        owed.remove(mine);
        mine.answer.completeExceptionally(
                new StoreException("the connection to " + store + " is closed: open another one"));
    }

    public void close() {
        closed = true;
        owed.forEach(this::fail);
    }
}
