package io.mandate.election.internal.driver;

import io.mandate.election.internal.work.WorkThreads;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * What happens in the next term of a candidate. The {@link Candidate} calls it on the loop, so that no implementation
 * may run users' code there.
 */
public abstract class Campaign {
    private final CompletableFuture<Void> left;

    Campaign(WorkThreads threads) {
        left = threads.afterWork();
    }

    /** A term has begun. {@link Candidate#workReturned} must follow when nothing is done under it any more. */
    abstract void began(HeldTerm term);

    /** The term is over: work that still runs must stop. */
    abstract void ended();

    /** The drain timeout has passed since the work was asked to finish. */
    abstract void drainOverdue();

    /** The drain timeout has passed since the candidate was closed. */
    abstract void closeOverdue();

    /** The candidate resigns or is closed: releases a term that was not taken. From any thread. */
    abstract void withdraw();

    /** Completes the caller's future, on a worker's thread. */
    abstract void complete();

    /** The candidate has left the election: no work of the campaign runs, and no key of it is in the store. */
    final void left(Executor workers) {
        workers.execute(() -> {
            complete();
            left.complete(null);
        });
    }

    /** Completes after the candidate has left and the caller's future was completed. */
    public final CompletableFuture<Void> left() {
        return left;
    }
}
