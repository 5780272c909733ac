package io.mandate.server;

import io.mandate.server.raft.ReplicaOptions;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a node is told when it starts. Immutable; build one with {@link #builder}.
 *
 * @param name this node's name, one of the names in {@code initialCluster}
 * @param dataDirectory where log, snapshots and identity are kept; belongs to this node alone
 * @param initialCluster peer URL by node name, the same on every node
 * @param joinExisting whether a node with an empty disk takes the place it had in a running cluster, rather than
 *     founding a new one
 * @param groups Raft groups, each a whole keyspace with a leader of its own; fixed when the cluster is founded, the
 *     same on every node
 * @param clusterToken tells clusters with the same addresses apart
 * @param electionTimeoutMillis how long a follower hears nothing before it stands for election
 * @param snapshotCount commands between two snapshots of a group
 * @param quotaBytes size of the data beyond which writes are refused (NOSPACE); each group has an equal share of it
 * @param requestBytesMax largest request taken
 * @param transactionOperationsMax most operations in one transaction
 * @param watchProgressInterval how often an idle watcher that asked for it is told how far it is
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
     * etcd's, and enough for a machine whose processors are wanted by others: a node that waits for one for half a
     * second has not died. A process that has died is noticed by its port, and the first leader does not wait for it.
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
                    + ": each costs every node threads and heartbeats even while nothing happens");
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

    /** To the JVM the empty path is the working directory; to whoever gives it, a variable that is not set. */
    private static void requireDirectory(Path dataDirectory) {
        if (dataDirectory.toString().isBlank()) {
            throw new IllegalArgumentException("data directory (--data-dir, MANDATE_DATA_DIR or data-dir) '"
                    + dataDirectory + "' is empty: name a directory that belongs to this node alone; if it comes from a"
                    + " variable, see whether that is set");
        }
    }

    private static void requireAddress(String what, URI url) {
        if (!"http".equals(url.getScheme()) || url.getHost() == null || url.getPort() < 1 || url.getPort() > 65_535) {
            throw new IllegalArgumentException(
                    what + " " + url + " is not of the form http://host:port with a port between 1 and 65535");
        }
    }

    private static void atLeast(String what, long value, long bound) {
        if (value < bound) {
            throw new IllegalArgumentException(what + " " + value + " is below " + bound);
        }
    }

    /**
     * A builder with etcd's defaults, but for the election timeout of a store with one group, 300 ms. With several
     * groups it is etcd's, 1,000 ms, and there are four heartbeats in it: each group has its own, which are what an
     * idle node has to do, and which on a busy one wait in line with those of the others.
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

        public Builder listenClientUrls(List<URI> urls) {
            listenClientUrls = urls;
            return this;
        }

        /** Where clients are told to connect; the listen URLs if not given. */
        public Builder advertiseClientUrls(List<URI> urls) {
            advertiseClientUrls = urls;
            return this;
        }

        public Builder listenPeerUrl(URI url) {
            listenPeerUrl = url;
            return this;
        }

        /** The nodes; this node alone, at its listen peer URL, if not given. */
        public Builder initialCluster(Map<String, URI> peerUrlByName) {
            initialCluster = peerUrlByName;
            return this;
        }

        public Builder joinExisting(boolean join) {
            joinExisting = join;
            return this;
        }

        /** Raft groups, 1 to 64. A cluster that was founded with another number refuses the node. */
        public Builder groups(int number) {
            groups = number;
            return this;
        }

        public Builder clusterToken(String token) {
            clusterToken = token;
            return this;
        }

        /**
         * Between two heartbeats of a leader; by default 100 ms, and with several groups a quarter of the election
         * timeout.
         */
        public Builder heartbeatMillis(long millis) {
            heartbeatMillis = millis;
            return this;
        }

        /**
         * How long a follower hears nothing before it stands for election; by default 300 ms, and 1,000 ms with several
         * groups.
         */
        public Builder electionTimeoutMillis(long millis) {
            electionTimeoutMillis = millis;
            return this;
        }

        public Builder snapshotCount(long commands) {
            snapshotCount = commands;
            return this;
        }

        public Builder quotaBytes(long bytes) {
            quotaBytes = bytes;
            return this;
        }

        public Builder requestBytesMax(int bytes) {
            requestBytesMax = bytes;
            return this;
        }

        public Builder transactionOperationsMax(int operations) {
            transactionOperationsMax = operations;
            return this;
        }

        public Builder autoCompaction(AutoCompaction compaction) {
            autoCompaction = compaction;
            return this;
        }

        public Builder watchProgressInterval(Duration interval) {
            watchProgressInterval = interval;
            return this;
        }

        /**
         * Checks the options against each other; IllegalArgumentException names the one that is wrong and its bound.
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
