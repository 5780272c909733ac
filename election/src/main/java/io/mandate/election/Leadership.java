package io.mandate.election;

import io.mandate.election.internal.driver.Holding;
import java.util.concurrent.CompletableFuture;

/**
 * A term that the caller holds until it closes this, without a thread. If the term ends earlier, no thread is
 * interrupted: look at {@link Term#ended}. Close this then too; only after that does the candidate campaign again.
 * Thread-safe.
 */
public final class Leadership implements AutoCloseable {
    private final Holding holding;

    Leadership(Holding holding) {
        this.holding = holding;
    }

    public Term term() {
        return holding.term();
    }

    /**
     * Releases the term, and completes when the next candidate may lead: at once, or a time to live later at most if
     * the store cannot be reached.
     */
    public CompletableFuture<Void> release() {
        return holding.release();
    }

    /**
     * As {@link #release()}, when the work was stopped because the term was about to end: the term has ended for this
     * reason then, in the history too, and not because its holder resigned. A term that is over keeps its first reason.
     *
     * @param why {@link TermEnd#STORE_UNREACHABLE} if a renewal was overdue, for instance
     */
    public CompletableFuture<Void> release(TermEnd why) {
        return holding.release(why);
    }

    /** As {@link #release()}, and waits. */
    @Override
    public void close() {
        release().join();
    }
}
