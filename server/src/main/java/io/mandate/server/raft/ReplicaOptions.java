package io.mandate.server.raft;

import io.mandate.keyspace.KeyspaceLimits;
import io.mandate.server.raft.transport.PeerSecurity;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a replica is told when it starts.
 *
 * @param peers address by member id of all members, this one among them
 * @param listenAddress where to listen for the others
 * @param replaceLostDisk whether an empty disk may be filled from a cluster that this member was in before
 * @param groups Raft groups, the same number on all members and for ever
 * @param snapshotCommands commands between two snapshots of one group
 * @param requestBytesMax largest encoded request taken
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
     * Each group costs a node some threads and heartbeats even while nothing happens (docs/decisions/008): what 64 cost
     * is known and bearable.
     */
    public static final int GROUPS_MAX = 64;

    /**
     * Proposals waiting for their outcome in one group on one node; beyond, new ones are refused. etcd's bound of
     * unapplied entries.
     */
    public static final int PROPOSALS_MAX = 5_000;

    /**
     * Bytes of proposals waiting on one node, of which each group has its share: dozens of the largest requests, and
     * memory that a node of any size has.
     */
    public static final int PROPOSAL_BYTES_MAX = 128 << 20;

    /**
     * Upper bound of {@code requestBytesMax}: a request has to fit into one message between nodes, with room to spare.
     */
    public static final int REQUEST_BYTES_LIMIT = 32 << 20;

    /** etcd's request time-out: the base, and twice the election time-out on top. */
    private static final long REQUEST_MILLIS_BASE = 5_000;

    public ReplicaOptions {
        peers = Map.copyOf(peers);
        if (!peers.containsKey(memberId)) {
            throw new IllegalArgumentException("member " + Long.toHexString(memberId) + " is not among the members");
        }
        within("number of groups", groups, 1, GROUPS_MAX);
        within("heartbeat interval (ms)", heartbeatMillis, 1, electionTimeoutMillis / 2);
        within("election timeout (ms)", electionTimeoutMillis, 2, 50_000);
        within("commands between snapshots", snapshotCommands, 1, Long.MAX_VALUE);
        within("largest request (bytes)", requestBytesMax, 1, REQUEST_BYTES_LIMIT);
    }

    private static void within(String what, long value, long least, long most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(
                    what + " is " + value + ", which is not between " + least + " and " + most);
        }
    }

    InetSocketAddress ownAddress() {
        return Objects.requireNonNull(peers.get(memberId));
    }

    /**
     * Bytes of proposals that may wait in one group: a share, so that a group without a leader does not take the room
     * of all; one request fits always.
     */
    int proposalBytesMax() {
        return Math.max(requestBytesMax, PROPOSAL_BYTES_MAX / groups);
    }

    /** How long a request may take before it fails with TIMED_OUT or NO_LEADER. */
    public long requestTimeoutMillis() {
        return REQUEST_MILLIS_BASE + 2 * electionTimeoutMillis;
    }
}
