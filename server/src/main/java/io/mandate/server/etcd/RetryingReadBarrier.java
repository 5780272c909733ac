package io.mandate.server.etcd;

import io.mandate.server.raft.Replica;
import io.mandate.server.raft.ReplicationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * A read barrier for calls that wait in line. They have no time-out of their own, and are not to be sent away because
 * the store had no leader at the moment in which they came to the front: the barrier is tried again until it is passed,
 * the caller has gone, or this node stops. Thread-safe.
 */
final class RetryingReadBarrier {
    private static final long PAUSE_MILLIS = 100;
    private static final Executor AFTER_PAUSE =
            CompletableFuture.delayedExecutor(PAUSE_MILLIS, TimeUnit.MILLISECONDS, Runnable::run);

    private final Replica replica;

    RetryingReadBarrier(Replica replica) {
        this.replica = replica;
    }

    /**
     * Completes once the barrier is passed.
     *
     * @param caller done when nobody waits any more
     */
    CompletableFuture<Void> passed(CompletableFuture<?> caller) {
        CompletableFuture<Void> passed = new CompletableFuture<>();
        attempt(caller, passed);
        return passed;
    }

    private void attempt(CompletableFuture<?> caller, CompletableFuture<Void> passed) {
        replica.readBarrier().whenComplete((read, failure) -> {
            if (failure == null) {
                passed.complete(null);
            } else if (caller.isDone() || !passes(failure)) {
                passed.completeExceptionally(failure);
            } else {
                AFTER_PAUSE.execute(() -> attempt(caller, passed));
            }
        });
    }

    private static boolean passes(Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause instanceof ReplicationException known
                && switch (known.kind()) {
                    case NO_LEADER, LEADER_CHANGED, TIMED_OUT, TOO_MANY_REQUESTS -> true;
                    case NOT_LEADER, REQUEST_TOO_LARGE, BAD_TRANSFEREE, STOPPED -> false;
                };
    }
}
