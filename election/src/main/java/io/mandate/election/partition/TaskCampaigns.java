package io.mandate.election.partition;

import io.mandate.election.Election;
import io.mandate.election.Leadership;
import io.mandate.election.Term;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** Work that says by a future when it is over, and needs no thread. */
final class TaskCampaigns implements PartitionCampaigns {
    private final PartitionTask task;

    TaskCampaigns(PartitionTask task) {
        this.task = task;
    }

    @Override
    public CompletableFuture<Void> campaign(Election election, Function<Term, Partition> owned, Runnable over) {
        return election.lead()
                .thenCompose(leadership -> begin(owned.apply(leadership.term()))
                        .handle((nothing, failure) -> {
                            over.run();
                            return released(leadership, failure);
                        })
                        .thenCompose(left -> left));
    }

    private CompletionStage<?> begin(Partition partition) {
        try {
            return task.begin(partition);
        } catch (Exception failed) {
            return CompletableFuture.failedFuture(failed);
        }
    }

    private static CompletableFuture<Void> released(Leadership leadership, Throwable failure) {
        boolean ended = leadership.term().ended().isDone();
        CompletableFuture<Void> left = leadership.release();
        // What a term that ended made fail is no failure of the task.
        return failure == null || ended ? left : left.thenCompose(released -> CompletableFuture.failedFuture(failure));
    }

    @Override
    public void standBy(List<Integer> partitions) {
        task.standBy(partitions);
    }
}
