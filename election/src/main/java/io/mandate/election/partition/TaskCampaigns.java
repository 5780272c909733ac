package io.mandate.election.partition;

import io.mandate.election.Election;
import io.mandate.election.Leadership;
import io.mandate.election.Term;
import io.mandate.election.internal.work.WorkThreads;
import java.util.List;
import java.util.Objects;
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
    public CompletableFuture<Void> campaign(
            Election election, Function<Term, Partition> owned, Runnable over, WorkThreads threads) {
        return election.lead()
                .thenCompose(leadership -> begin(owned.apply(leadership.term()), threads)
                        .handle((nothing, failure) -> {
                            over.run();
                            return released(leadership, failure);
                        })
                        .thenCompose(left -> left));
    }

    /** Whatever becomes of it, the term is released. */
    private CompletionStage<?> begin(Partition partition, WorkThreads threads) {
        threads.entered();
        try {
            return Objects.requireNonNull(
                    task.begin(partition), "a task returned null: return what completes when nothing is done any more");
        } catch (Throwable failed) {
            return CompletableFuture.failedFuture(failed);
        } finally {
            threads.left();
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
