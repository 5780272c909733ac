package io.mandate.election.partition;

import io.mandate.election.Term;
import java.util.concurrent.CompletableFuture;

/** A partition that this member owns, or owned: the term tells. Thread-safe. */
public final class Partition {
    private final String workload;
    private final int index;
    private final Term term;

    Partition(String workload, int index, Term term) {
        this.workload = workload;
        this.index = index;
        this.term = term;
    }

    public String workload() {
        return workload;
    }

    /** From 0 to the number of partitions, less one. */
    public int index() {
        return index;
    }

    /**
     * The term in the partition's election: its token grows with every owner of this partition, and is what guards
     * compare.
     */
    public Term term() {
        return term;
    }

    /**
     * Completes when the partition is to go to another member, which waits for it: finish what is under way, and
     * return.
     */
    public CompletableFuture<Void> drainRequested() {
        return term.resignRequested();
    }

    @Override
    public String toString() {
        return "partition " + index + " of " + workload + " with token " + term.token();
    }
}
