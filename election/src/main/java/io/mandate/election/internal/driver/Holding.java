package io.mandate.election.internal.driver;

import io.mandate.election.Term;
import io.mandate.election.TermEnd;
import java.util.concurrent.CompletableFuture;

/** A term that belongs to the caller of the campaign until it is released. Thread-safe. */
public final class Holding {
    private final HeldTerm term;
    private final Runnable taken;
    private final Runnable returned;
    private final CompletableFuture<Void> left;

    /**
     * @param taken called when the caller has looked at the term, so that it is not given back without him
     * @param returned called when nothing is done under the term any more
     * @param left completes when the candidate has left the election
     */
    Holding(HeldTerm term, Runnable taken, Runnable returned, CompletableFuture<Void> left) {
        this.term = term;
        this.taken = taken;
        this.returned = returned;
        this.left = left;
    }

    /** The term, which belongs to the caller from now on. */
    public Term term() {
        taken.run();
        return term.term();
    }

    /** Releases the term, and completes when the candidate has left the election. */
    public CompletableFuture<Void> release() {
        returned.run();
        return left.copy();
    }

    /** Ends the term for this reason, if it has not ended before, and releases it. */
    public CompletableFuture<Void> release(TermEnd why) {
        term.endHere(why);
        return release();
    }
}
