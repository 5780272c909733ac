package io.mandate.server.raft;

/**
 * The status of a replica. The values are of one moment and may be outdated when they are read.
 *
 * @param leaderId the member id of the known leader, 0 for none
 * @param term the latest term that this node has seen; never decreases
 * @param committedIndex the log index up to which this node knows entries are committed, some milliseconds late
 * @param pendingProposals the proposals on this node that wait for their outcome
 */
public record ReplicaStatus(
        long clusterId,
        long memberId,
        long leaderId,
        long term,
        long committedIndex,
        long appliedIndex,
        int pendingProposals) {

    public boolean isLeader() {
        return leaderId == memberId;
    }

    public boolean hasLeader() {
        return leaderId != 0;
    }
}
