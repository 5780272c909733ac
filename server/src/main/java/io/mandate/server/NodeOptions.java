package io.mandate.server;

import io.mandate.server.raft.ReplicaOptions;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The options of a node. Immutable; create them with {@link #builder}.
 *
 * @param name this node's name, one of the names in {@code initialCluster}
 * @param dataDirectory the directory of log, snapshots and identity; for this node only
 * @param initialCluster the peer URLs by node name, the same on every node
 * @param joinExisting whether a node with an empty disk rejoins a running cluster as the member it was, instead of
 *     bootstrapping a new cluster
 * @param groups the number of Raft groups, each a whole keyspace with a leader of its own; fixed when the cluster is
 *     bootstrapped, the same on every node
 * @param clusterToken distinguishes clusters with the same addresses
 * @param electionTimeoutMillis how long a follower waits for a heartbeat before it starts an election
 * @param snapshotCount the commands between two snapshots of a group
 * @param quotaBytes the size of the data beyond which writes are refused (NOSPACE); each group has an equal share of it
 * @param requestBytesMax the largest request accepted
 * @param transactionOperationsMax the most operations in one transaction
 * @param watchProgressInterval the interval of progress notifications to an idle watcher that requested them
 */
public record NodeOptions(
        String name,
        Path dataDirectory,
        List<URI> listenClientUrls,
        List<URI> advertiseClientUrls,
        URI listenPeerUrl,
        Map<String, URI> initialCluster,
        boolean joinExisting,
        int groups,
        String clusterToken,
        long heartbeatMillis,
        long electionTimeoutMillis,
        long snapshotCount,
        long quotaBytes,
        int requestBytesMax,
        int transactionOperationsMax,
        AutoCompaction autoCompaction,
        Duration watchProgressInterval) {

    /**
     * etcd's default, and enough for a busy machine: a node that waits half a second for a processor has not died. The
     * death of a process is detected by its closed connections, without this timeout.
     */
    private static final long ELECTION_MILLIS = 1_000;

    private static final long HEARTBEAT_MILLIS_MIN = 10;

    public NodeOptions {
        listenClientUrls = List.copyOf(listenClientUrls);
        advertiseClientUrls = List.copyOf(advertiseClientUrls);
        initialCluster = Map.copyOf(initialCluster);
        requireDirectory(dataDirectory);
        if (!initialCluster.containsKey(name)) {
            throw new IllegalArgumentException("node name '" + name + "' is not in the initial cluster "
                    + initialCluster.keySet() + ": name and initial cluster must agree");
        }
        if (initialCluster.values().stream().distinct().count() < initialCluster.size()) {
            throw new IllegalArgumentException(
                    "two nodes of the initial cluster have the same peer URL: " + initialCluster);
        }
        listenClientUrls.forEach(url -> requireAddress("listen client URL", url));
        advertiseClientUrls.forEach(url -> requireAddress("advertised client URL", url));
        requireAddress("listen peer URL", listenPeerUrl);
        initialCluster.values().forEach(url -> requireAddress("peer URL", url));
        atLeast("number of groups", groups, 1);
        if (groups > ReplicaOptions.GROUPS_MAX) {
            throw new IllegalArgumentException("number of groups " + groups + " is above " + ReplicaOptions.GROUPS_MAX
                    + ": each one costs every node threads and heartbeats, even while it is idle");
        }
        atLeast("heartbeat interval (ms)", heartbeatMillis, HEARTBEAT_MILLIS_MIN);
        if (electionTimeoutMillis < 3 * heartbeatMillis || electionTimeoutMillis > 50_000) {
            throw new IllegalArgumentException(
                    "election timeout " + electionTimeoutMillis + " ms must be at least 3 heartbeat intervals (of "
                            + heartbeatMillis + " ms) and at most 50000 ms");
        }
        atLeast("snapshot count", snapshotCount, 1);
        atLeast("quota (bytes)", quotaBytes, groups);
        atLeast("request size limit (bytes)", requestBytesMax, 1024);
        if (requestBytesMax > ReplicaOptions.REQUEST_BYTES_LIMIT) {
            throw new IllegalArgumentException("request size limit (bytes) " + requestBytesMax + " is above "
                    + ReplicaOptions.REQUEST_BYTES_LIMIT + ": a request must fit into one message between nodes");
        }
        atLeast("transaction operations limit", transactionOperationsMax, 1);
        atLeast("watch progress interval (ms)", watchProgressInterval.toMillis(), 100);
        if (listenClientUrls.isEmpty()) {
            throw new IllegalArgumentException("no listen client URL: clients could not reach the node");
        }
    }

    /** The JVM treats the empty path as the working directory; it is more likely an unset variable. */
    private static void requireDirectory(Path dataDirectory) {
        if (dataDirectory.toString().isBlank()) {
            throw new IllegalArgumentException("data directory (--data-dir, MANDATE_DATA_DIR or data-dir) '"
                    + dataDirectory + "' is empty: name a directory that belongs to this node alone; if it comes from a"
                    + " variable, see whether that is set");
        }
    }

    private static void requireAddress(String name, URI url) {
        if (!"http".equals(url.getScheme()) || url.getHost() == null || url.getPort() < 1 || url.getPort() > 65_535) {
            throw new IllegalArgumentException(
                    name + " " + url + " is not of the form http://host:port with a port between 1 and 65535");
        }
    }

    private static void atLeast(String name, long value, long bound) {
        if (value < bound) {
            throw new IllegalArgumentException(name + " " + value + " is below " + bound);
        }
    }

    /**
     * A builder with etcd's defaults, except that the heartbeat interval with several groups is a quarter of the
     * election timeout: each group has its own heartbeats, which are the load of an idle node, and which queue behind
     * each other on a busy one.
     */
    public static Builder builder(String name, Path dataDirectory) {
        return new Builder(name, dataDirectory);
    }

    /** Collects options. Not thread-safe. */
    public static final class Builder {
        private final String name;
        private final Path dataDirectory;
        private List<URI> listenClientUrls = List.of(URI.create("http://localhost:2379"));
        private List<URI> advertiseClientUrls = List.of();
        private URI listenPeerUrl = URI.create("http://localhost:2380");
        private Map<String, URI> initialCluster = Map.of();
        private boolean joinExisting;
        private int groups = 1;
        private String clusterToken = "etcd-cluster";
        private @Nullable Long heartbeatMillis;
        private @Nullable Long electionTimeoutMillis;
        private long snapshotCount = 100_000;
        private long quotaBytes = 2L << 30;
        private int requestBytesMax = 3 << 19;
        private int transactionOperationsMax = 128;
        private AutoCompaction autoCompaction = AutoCompaction.OFF;
        private Duration watchProgressInterval = Duration.ofMinutes(10);

        private Builder(String name, Path dataDirectory) {
            this.name = name;
            this.dataDirectory = dataDirectory;
        }

        public Builder listenClientUrls(List<URI> listenClientUrls) {
            this.listenClientUrls = listenClientUrls;
            return this;
        }

        /** The URLs that clients connect to; by default the listen URLs. */
        public Builder advertiseClientUrls(List<URI> advertiseClientUrls) {
            this.advertiseClientUrls = advertiseClientUrls;
            return this;
        }

        public Builder listenPeerUrl(URI listenPeerUrl) {
            this.listenPeerUrl = listenPeerUrl;
            return this;
        }

        /** The peer URLs of the nodes by name; by default this node only, at its listen peer URL. */
        public Builder initialCluster(Map<String, URI> initialCluster) {
            this.initialCluster = initialCluster;
            return this;
        }

        public Builder joinExisting(boolean joinExisting) {
            this.joinExisting = joinExisting;
            return this;
        }

        /** The number of Raft groups, 1 to 64. A node whose number differs from the cluster's is refused. */
        public Builder groups(int groups) {
            this.groups = groups;
            return this;
        }

        public Builder clusterToken(String clusterToken) {
            this.clusterToken = clusterToken;
            return this;
        }

        /**
         * The interval of a leader's heartbeats; by default a tenth of the election timeout within 10 to 100 ms, and
         * with several groups a quarter of the election timeout.
         */
        public Builder heartbeatMillis(long heartbeatMillis) {
            this.heartbeatMillis = heartbeatMillis;
            return this;
        }

        /** How long a follower waits for a heartbeat before it starts an election; by default 1,000 ms. */
        public Builder electionTimeoutMillis(long electionTimeoutMillis) {
            this.electionTimeoutMillis = electionTimeoutMillis;
            return this;
        }

        public Builder snapshotCount(long snapshotCount) {
            this.snapshotCount = snapshotCount;
            return this;
        }

        public Builder quotaBytes(long quotaBytes) {
            this.quotaBytes = quotaBytes;
            return this;
        }

        public Builder requestBytesMax(int requestBytesMax) {
            this.requestBytesMax = requestBytesMax;
            return this;
        }

        public Builder transactionOperationsMax(int transactionOperationsMax) {
            this.transactionOperationsMax = transactionOperationsMax;
            return this;
        }

        public Builder autoCompaction(AutoCompaction autoCompaction) {
            this.autoCompaction = autoCompaction;
            return this;
        }

        public Builder watchProgressInterval(Duration watchProgressInterval) {
            this.watchProgressInterval = watchProgressInterval;
            return this;
        }

        /**
         * Builds the options.
         *
         * @throws IllegalArgumentException if one is invalid; the message names it and its bound
         */
        public NodeOptions build() {
            long election = electionTimeoutMillis != null ? electionTimeoutMillis : ELECTION_MILLIS;
            long heartbeat = heartbeatMillis != null
                    ? heartbeatMillis
                    : groups == 1 ? Math.max(HEARTBEAT_MILLIS_MIN, Math.min(100, election / 10)) : election / 4;
            return new NodeOptions(
                    name,
                    dataDirectory,
                    listenClientUrls,
                    advertiseClientUrls.isEmpty() ? listenClientUrls : advertiseClientUrls,
                    listenPeerUrl,
                    initialCluster.isEmpty() ? Map.of(name, listenPeerUrl) : initialCluster,
                    joinExisting,
                    groups,
                    clusterToken,
                    heartbeat,
                    election,
                    snapshotCount,
                    quotaBytes,
                    requestBytesMax,
                    transactionOperationsMax,
                    autoCompaction,
                    watchProgressInterval);
        }
    }
}
