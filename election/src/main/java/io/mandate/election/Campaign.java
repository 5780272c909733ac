package io.mandate.election;

import io.mandate.election.work.WorkThreads;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * What somebody wants to do with the next term. Called by the {@link Candidate} on the loop, so that none of it may run
 * users' code there.
 */
abstract class Campaign {
    private final CompletableFuture<Void> left;

    Campaign(WorkThreads threads) {
        left = threads.afterWork();
    }

    /** The term has begun; {@link Candidate#workReturned} is to be called when nothing happens under it any more. */
    abstract void began(HeldTerm term);

    /** The term is over: what still runs is to stop. */
    abstract void ended();

    /** The time to finish, since it was asked to, is over. */
    abstract void drainOverdue();

    /** As long a time is over since the candidate was closed. */
    abstract void closeOverdue();

    /** The candidate resigns or is closed: a term that nobody has taken is given back. From any thread. */
    abstract void withdraw();

    /** Tells whoever asked for the campaign how it went; on a worker's thread. */
    abstract void tell();

    /** The candidate has left the election: nothing of the campaign runs, or is in the store. */
    final void left(Executor workers) {
        workers.execute(() -> {
            tell();
            left.complete(null);
        });
    }

    /** Completes when the candidate has left, after it was told. */
    final CompletableFuture<Void> left() {
        return left;
    }
}
