package io.mandate.server.raft;

import io.mandate.keyspace.api.KeyspaceLimits;
import io.mandate.server.raft.transport.PeerSecurity;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The options of a node's replicas.
 *
 * @param peers the addresses of all members including this one, by member id
 * @param listenAddress the address to listen on for the other members
 * @param replaceLostDisk whether an empty disk may be filled from a cluster that this member was in before
 * @param groups the number of Raft groups, the same on all members, fixed when the cluster is bootstrapped
 * @param snapshotCommands the commands between two snapshots of one group
 * @param requestBytesMax the largest encoded request accepted
 * @param security TLS between members, or null for none
 */
public record ReplicaOptions(
        long clusterId,
        long memberId,
        Map<Long, InetSocketAddress> peers,
        InetSocketAddress listenAddress,
        Path dataDirectory,
        boolean replaceLostDisk,
        int groups,
        long heartbeatMillis,
        long electionTimeoutMillis,
        long snapshotCommands,
        int requestBytesMax,
        KeyspaceLimits keyspaceLimits,
        @Nullable PeerSecurity security) {

    /**
     * Each group costs a node some threads and heartbeats even while it is idle (docs/decisions/008); the cost of 64
     * was measured and is acceptable.
     */
    public static final int GROUPS_MAX = 64;

    /**
     * Proposals that wait for their outcome in one group on one node; more are refused. etcd's bound of unapplied
     * entries.
     */
    public static final int PROPOSALS_MAX = 5_000;

    /**
     * Bytes of waiting proposals on one node, of which each group has its share: dozens of the largest requests, and
     * memory that a node of any size has.
     */
    public static final int PROPOSAL_BYTES_MAX = 128 << 20;

    /** The upper bound of {@code requestBytesMax}: a request must fit into one message between nodes, with a margin. */
    public static final int REQUEST_BYTES_LIMIT = 32 << 20;

    /** etcd's request timeout: this base, plus twice the election timeout. */
    private static final long REQUEST_MILLIS_BASE = 5_000;

    public ReplicaOptions {
        peers = Map.copyOf(peers);
        if (!peers.containsKey(memberId)) {
            throw new IllegalArgumentException("member " + Long.toHexString(memberId) + " is not among the members");
        }
        requireBetween("number of groups", groups, 1, GROUPS_MAX);
        requireBetween("heartbeat interval (ms)", heartbeatMillis, 1, electionTimeoutMillis / 2);
        requireBetween("election timeout (ms)", electionTimeoutMillis, 2, 50_000);
        requireBetween("commands between snapshots", snapshotCommands, 1, Long.MAX_VALUE);
        requireBetween("largest request (bytes)", requestBytesMax, 1, REQUEST_BYTES_LIMIT);
    }

    private static void requireBetween(String name, long value, long least, long most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(
                    name + " is " + value + ", which is not between " + least + " and " + most);
        }
    }

    InetSocketAddress ownAddress() {
        return Objects.requireNonNull(peers.get(memberId));
    }

    /**
     * Bytes of proposals that may wait in one group: a share, so that a group without a leader does not use the memory
     * of all; one request always fits.
     */
    int proposalBytesMax() {
        return Math.max(requestBytesMax, PROPOSAL_BYTES_MAX / groups);
    }

    /** The timeout of a request, which then fails with TIMED_OUT or NO_LEADER. */
    public long requestTimeoutMillis() {
        return REQUEST_MILLIS_BASE + 2 * electionTimeoutMillis;
    }
}
