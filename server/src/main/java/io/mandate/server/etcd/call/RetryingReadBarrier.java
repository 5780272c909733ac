package io.mandate.server.etcd.call;

import io.mandate.server.raft.Replica;
import io.mandate.server.raft.ReplicationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * A read barrier for queued calls, which have no timeout of their own and must not fail because the store had no leader
 * at the moment they became first: the barrier is retried until it passes, the caller is done, or this node stops.
 * Thread-safe.
 */
public final class RetryingReadBarrier {
    private static final long RETRY_MILLIS = 100;
    private static final Executor RETRY_EXECUTOR =
            CompletableFuture.delayedExecutor(RETRY_MILLIS, TimeUnit.MILLISECONDS, Runnable::run);

    private final Replica replica;

    public RetryingReadBarrier(Replica replica) {
        this.replica = replica;
    }

    /**
     * Completes once the barrier has passed.
     *
     * @param caller done when its caller no longer waits
     */
    public CompletableFuture<Void> passed(CompletableFuture<?> caller) {
        CompletableFuture<Void> passed = new CompletableFuture<>();
        attempt(caller, passed);
        return passed;
    }

    private void attempt(CompletableFuture<?> caller, CompletableFuture<Void> passed) {
        replica.readBarrier().whenComplete((read, failure) -> {
            if (failure == null) {
                passed.complete(null);
            } else if (caller.isDone() || !isTransient(failure)) {
                passed.completeExceptionally(failure);
            } else {
                RETRY_EXECUTOR.execute(() -> attempt(caller, passed));
            }
        });
    }

    private static boolean isTransient(Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause instanceof ReplicationException known
                && switch (known.kind()) {
                    case NO_LEADER, LEADER_CHANGED, TIMED_OUT, TOO_MANY_REQUESTS -> true;
                    case NOT_LEADER, REQUEST_TOO_LARGE, BAD_TRANSFEREE, STOPPED -> false;
                };
    }
}
