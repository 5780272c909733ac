package io.mandate.election.partition;

import java.util.List;

/**
 * A workload as it was found. Its parts were read one after another, so that what changes meanwhile may be seen in one
 * and not in the other.
 *
 * @param paused whether operators have paused rebalancing
 * @param members by name
 * @param partitions by number; empty if nobody has ever joined
 */
public record WorkloadState(
        String workload, boolean paused, List<MemberState> members, List<PartitionState> partitions) {
    public WorkloadState {
        members = List.copyOf(members);
        partitions = List.copyOf(partitions);
    }
}
