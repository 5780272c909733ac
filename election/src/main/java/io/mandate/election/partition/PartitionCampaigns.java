package io.mandate.election.partition;

import io.mandate.election.Election;
import io.mandate.election.Term;
import io.mandate.election.internal.work.WorkThreads;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** How the work of partitions is run: with a thread each, or without. Thread-safe. */
interface PartitionCampaigns {
    /**
     * Campaigns in a partition's election, and has the work done in its terms.
     *
     * @param owned to be told of each term that begins, before its work does
     * @param over to be told when the work under a term has returned
     * @param threads to be told where the work runs
     * @return completes when nothing of it runs any more: because the work returned or failed, the election was
     *     resigned, or, without a thread, the term ended
     */
    CompletableFuture<Void> campaign(
            Election election, Function<Term, Partition> owned, Runnable over, WorkThreads threads);

    /** Passes on what would come here. */
    void standBy(List<Integer> partitions);
}
