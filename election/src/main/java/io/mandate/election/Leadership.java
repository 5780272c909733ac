package io.mandate.election;

import io.mandate.election.session.TermEnd;
import java.util.concurrent.CompletableFuture;

/**
 * A term that is held until it is closed, by whoever asked for it: without a thread. If the term ends before, nobody is
 * interrupted: look at {@link Term#ended}. It must be closed also then, which says that nothing is done under it any
 * more; the candidate does not campaign before. Thread-safe.
 */
public final class Leadership implements AutoCloseable {
    private final HeldTerm term;
    private final Runnable taken;
    private final Runnable returned;
    private final CompletableFuture<Void> left;

    /**
     * @param taken to be told that somebody has it
     * @param returned to be told that nothing happens under the term any more
     */
    Leadership(HeldTerm term, Runnable taken, Runnable returned, CompletableFuture<Void> left) {
        this.term = term;
        this.taken = taken;
        this.returned = returned;
        this.left = left;
    }

    public Term term() {
        taken.run();
        return term;
    }

    /**
     * Releases, and completes when the next may lead: at once, or a time to live later at most if the store cannot be
     * reached.
     */
    public CompletableFuture<Void> release() {
        returned.run();
        return left.copy();
    }

    /**
     * As {@link #release()}, when what was done under the term was stopped because the term was about to end: the term
     * is over for this reason then, in the history too, and not because its holder resigned. If it is over already, the
     * first reason stays.
     *
     * @param why {@link TermEnd#STORE_UNREACHABLE} if a renewal was overdue, for instance
     */
    public CompletableFuture<Void> release(TermEnd why) {
        term.endHere(why);
        return release();
    }

    /** As {@link #release()}, and waits. */
    @Override
    public void close() {
        release().join();
    }
}
