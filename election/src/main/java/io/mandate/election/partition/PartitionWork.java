package io.mandate.election.partition;

import java.util.List;

/** What is done with a partition while it is owned. */
@FunctionalInterface
public interface PartitionWork {
    /**
     * Runs on a thread of its own while this member owns the partition. It is to return soon after
     * {@link Partition#drainRequested}, or when it is interrupted. If it returns or throws unasked, the partition is
     * released, and taken again a second later; nobody else is tried, because the work of others is the same.
     */
    void run(Partition partition) throws Exception;

    /**
     * Tells in advance which partitions would come here if their owners died, whenever that changes: caches may be
     * warmed. Called one at a time. By default nothing is done.
     *
     * @param partitions in ascending order
     */
    default void standBy(List<Integer> partitions) {}
}
