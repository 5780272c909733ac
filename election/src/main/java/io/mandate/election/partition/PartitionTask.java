package io.mandate.election.partition;

import java.util.List;
import java.util.concurrent.CompletionStage;

/** As {@link PartitionWork}, for work that needs no thread while nothing happens. */
@FunctionalInterface
public interface PartitionTask {
    /**
     * This member owns the partition now; on a worker's thread. What it returns is to complete when nothing is done for
     * the partition any more: soon after {@link Partition#drainRequested}, or after the end of the
     * {@linkplain io.mandate.election.Term#ended term}, of which nobody is told by an interruption. Completing it
     * unasked, or throwing, releases the partition, which is taken again a second later.
     */
    CompletionStage<?> begin(Partition partition) throws Exception;

    /** As {@link PartitionWork#standBy}. */
    default void standBy(List<Integer> partitions) {}
}
