package io.mandate.election;

import io.mandate.election.internal.driver.Holding;
import java.util.concurrent.CompletableFuture;

/**
 * A lock that was acquired, until it is unlocked by closing this. If the lock is lost earlier, no thread is
 * interrupted: look at {@link Term#ended}. Close this then too. Thread-safe.
 */
public final class LockHandle implements AutoCloseable {
    private final Holding holding;

    LockHandle(Holding holding) {
        this.holding = holding;
    }

    /** The term of this acquisition: its token is larger than that of every earlier acquisition. */
    public Term term() {
        return holding.term();
    }

    /**
     * Unlocks, and completes when the next may acquire the lock: at once, or a time to live later at most if the store
     * cannot be reached.
     */
    public CompletableFuture<Void> unlock() {
        return holding.release();
    }

    /**
     * As {@link #unlock()}, when the critical section was left because the lock was about to be lost: the term has
     * ended for this reason then. A term that is over keeps its first reason.
     */
    public CompletableFuture<Void> unlock(TermEnd why) {
        return holding.release(why);
    }

    /** As {@link #unlock()}, and waits. */
    @Override
    public void close() {
        unlock().join();
    }
}
