package io.mandate.server.raft;

/**
 * Where a replica stands. Numbers are of one moment but may be old by the time they are read.
 *
 * @param leaderId member id of the leader this node knows of, 0 for none
 * @param term the latest term this node has seen; never falls
 * @param committedIndex log index up to which this node knows of commitment, some milliseconds late
 * @param pendingProposals commands that wait for their outcome here
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
