package io.mandate.election.partition;

import io.mandate.election.Election;
import io.mandate.election.Term;
import io.mandate.election.internal.work.WorkThreads;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** Work with a thread for each partition. */
final class ThreadedCampaigns implements PartitionCampaigns {
    private final PartitionWork work;

    ThreadedCampaigns(PartitionWork work) {
        this.work = work;
    }

    @Override
    public CompletableFuture<Void> campaign(
            Election election, Function<Term, Partition> owned, Runnable over, WorkThreads threads) {
        return election.runWhileLeadingAsync(term -> {
            threads.entered();
            try {
                work.run(owned.apply(term));
            } finally {
                threads.left();
                over.run();
            }
        });
    }

    @Override
    public void standBy(List<Integer> partitions) {
        work.standBy(partitions);
    }
}
