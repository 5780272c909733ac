package io.mandate.cli.server;

import io.mandate.cli.DurationConverter;
import io.mandate.cli.SettingException;
import io.mandate.server.AutoCompaction;
import io.mandate.server.NodeOptions;
import io.mandate.store.etcd.Endpoint;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** A node's settings under etcd's own names. */
final class NodeFlags {
    @Option(names = "--name", defaultValue = "default", description = "This node's name (${DEFAULT-VALUE}).")
    String name;

    @Option(names = "--data-dir", paramLabel = "DIR", description = "Where the node keeps its data (NAME.mandate).")
    @Nullable
    Path dataDirectory;

    @Option(
            names = "--listen-client-urls",
            split = ",",
            paramLabel = "URL",
            defaultValue = "http://localhost:2379",
            description = "Where to listen for clients (${DEFAULT-VALUE}).")
    List<String> listenClientUrls;

    @Option(
            names = "--advertise-client-urls",
            split = ",",
            paramLabel = "URL",
            description = "Where clients are told to connect (the listen client URLs).")
    @Nullable
    List<String> advertiseClientUrls;

    @Option(
            names = "--listen-peer-urls",
            split = ",",
            paramLabel = "URL",
            defaultValue = "http://localhost:2380",
            description = "Where to listen for the other nodes (${DEFAULT-VALUE}).")
    List<String> listenPeerUrls;

    @Option(
            names = "--initial-advertise-peer-urls",
            split = ",",
            paramLabel = "URL",
            description = "Where the other nodes reach this one (the listen peer URL).")
    @Nullable
    List<String> initialAdvertisePeerUrls;

    @Option(
            names = "--initial-cluster",
            split = ",",
            paramLabel = "NAME=URL",
            description = "All nodes with their peer URLs, the same on every node (this one alone).")
    @Nullable
    List<String> initialCluster;

    @Option(
            names = "--initial-cluster-state",
            paramLabel = "new|existing",
            defaultValue = "new",
            description = "'existing' lets a node whose disk was lost take its place in a running cluster again.")
    String initialClusterState;

    @Option(
            names = "--initial-cluster-token",
            paramLabel = "TOKEN",
            defaultValue = "etcd-cluster",
            description = "Tells clusters with the same addresses apart (${DEFAULT-VALUE}).")
    String initialClusterToken;

    @Option(
            names = "--groups",
            paramLabel = "N",
            defaultValue = "1",
            description = "Raft groups, each a whole keyspace with its own leader, 1 to 64; fixed when the cluster is"
                    + " founded, the same on every node (${DEFAULT-VALUE}).")
    int groups;

    @Option(
            names = "--heartbeat-interval",
            paramLabel = "MS",
            description = "Milliseconds between the leader's heartbeats (a tenth of --election-timeout, 10 to 100; "
                    + "with several groups a quarter).")
    @Nullable
    Long heartbeatMillis;

    @Option(
            names = "--election-timeout",
            paramLabel = "MS",
            description = "Milliseconds without a leader before an election (1000).")
    @Nullable
    Long electionTimeoutMillis;

    @Option(
            names = "--snapshot-count",
            paramLabel = "N",
            defaultValue = "100000",
            description = "Commands between two snapshots (${DEFAULT-VALUE}).")
    long snapshotCount;

    @Option(
            names = "--quota-backend-bytes",
            paramLabel = "BYTES",
            defaultValue = "0",
            description = "Size of the data beyond which writes are refused; 0 for the default of 2 GiB.")
    long quotaBytes;

    @Option(
            names = "--max-request-bytes",
            paramLabel = "BYTES",
            defaultValue = "1572864",
            description = "Largest request taken (${DEFAULT-VALUE}).")
    int requestBytesMax;

    @Option(
            names = "--max-txn-ops",
            paramLabel = "N",
            defaultValue = "128",
            description = "Most operations in one transaction (${DEFAULT-VALUE}).")
    int transactionOperationsMax;

    @Option(
            names = "--auto-compaction-mode",
            paramLabel = "periodic|revision",
            defaultValue = "periodic",
            description = "What the retention counts (${DEFAULT-VALUE}).")
    String autoCompactionMode;

    @Option(
            names = "--auto-compaction-retention",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "History kept: periodic, a duration (a bare number counts hours); revision, a number. 0 keeps all.")
    String autoCompactionRetention;

    @Option(
            names = "--experimental-watch-progress-notify-interval",
            paramLabel = "DURATION",
            converter = DurationConverter.class,
            defaultValue = "10m",
            description = "How often an idle watcher is told how far it is, if it asked for that (${DEFAULT-VALUE}).")
    Duration watchProgressInterval;

    @Option(
            names = "--log-level",
            paramLabel = "debug|info|warn|error",
            defaultValue = "info",
            description = "What is logged (${DEFAULT-VALUE}).")
    String logLevel;

    NodeOptions toOptions() {
        try {
            URI listenPeerUrl = onlyOne("--listen-peer-urls", listenPeerUrls);
            URI advertisedPeerUrl = initialAdvertisePeerUrls == null
                    ? listenPeerUrl
                    : onlyOne("--initial-advertise-peer-urls", initialAdvertisePeerUrls);
            Map<String, URI> cluster =
                    initialCluster == null ? Map.of(name, advertisedPeerUrl) : parseCluster(initialCluster);
            URI ownUrl = cluster.get(name);
            if (ownUrl != null && !ownUrl.equals(advertisedPeerUrl)) {
                throw new SettingException("--initial-cluster has " + name + "=" + ownUrl
                        + " but --initial-advertise-peer-urls is " + advertisedPeerUrl + ": they must be equal");
            }
            NodeOptions.Builder builder = NodeOptions.builder(
                            name, dataDirectory == null ? Path.of(name + ".mandate") : dataDirectory)
                    .listenClientUrls(urls("--listen-client-urls", listenClientUrls))
                    .advertiseClientUrls(
                            advertiseClientUrls == null
                                    ? List.of()
                                    : urls("--advertise-client-urls", advertiseClientUrls))
                    .listenPeerUrl(listenPeerUrl)
                    .initialCluster(cluster)
                    .joinExisting(oneOf("--initial-cluster-state", initialClusterState, "new", "existing") == 1)
                    .groups(groups)
                    .clusterToken(initialClusterToken)
                    .snapshotCount(snapshotCount)
                    .quotaBytes(quotaBytes == 0 ? 2L << 30 : quotaBytes)
                    .requestBytesMax(requestBytesMax)
                    .transactionOperationsMax(transactionOperationsMax)
                    .autoCompaction(autoCompaction())
                    .watchProgressInterval(watchProgressInterval);
            if (heartbeatMillis != null) {
                builder.heartbeatMillis(heartbeatMillis);
            }
            if (electionTimeoutMillis != null) {
                builder.electionTimeoutMillis(electionTimeoutMillis);
            }
            return builder.build();
        } catch (IllegalArgumentException wrong) {
            throw new SettingException(String.valueOf(wrong.getMessage()));
        }
    }

    private AutoCompaction autoCompaction() {
        boolean byRevision = oneOf("--auto-compaction-mode", autoCompactionMode, "periodic", "revision") == 1;
        if (autoCompactionRetention.equals("0")) {
            return AutoCompaction.OFF;
        }
        boolean bareNumber = autoCompactionRetention.matches("\\d{1,12}");
        if (byRevision) {
            if (!bareNumber) {
                throw new SettingException("--auto-compaction-retention '" + autoCompactionRetention
                        + "' must be a number of revisions with --auto-compaction-mode revision");
            }
            return new AutoCompaction.ByRevision(Long.parseLong(autoCompactionRetention));
        }
        return new AutoCompaction.Periodic(
                bareNumber
                        ? DurationConverter.parse(autoCompactionRetention + "h")
                        : DurationConverter.parse(autoCompactionRetention));
    }

    private static int oneOf(String flag, String value, String... allowed) {
        int index = List.of(allowed).indexOf(value);
        if (index < 0) {
            throw new SettingException(flag + " '" + value + "' must be one of " + String.join(", ", allowed));
        }
        return index;
    }

    private static Map<String, URI> parseCluster(List<String> entries) {
        Map<String, URI> cluster = new LinkedHashMap<>();
        for (String entry : entries) {
            if (entry.isBlank()) {
                continue;
            }
            int equals = entry.indexOf('=');
            String node = equals < 1 ? "" : entry.substring(0, equals).strip();
            if (node.isEmpty()) {
                throw new SettingException("--initial-cluster entry '" + entry
                        + "' is not of the form name=url; for instance n1=http://10.0.0.1:2380");
            }
            URI earlier = cluster.put(node, onlyOne("--initial-cluster", List.of(entry.substring(equals + 1))));
            if (earlier != null) {
                throw new SettingException(
                        "--initial-cluster names '" + node + "' twice: Mandate takes one peer URL per node");
            }
        }
        return cluster;
    }

    private static URI onlyOne(String flag, List<String> values) {
        List<URI> urls = urls(flag, values);
        if (urls.size() != 1) {
            throw new SettingException(flag + " has " + urls.size() + " URLs: Mandate takes one peer URL per node");
        }
        return urls.get(0);
    }

    /** In the forms in which clients name endpoints too. */
    private static List<URI> urls(String flag, List<String> values) {
        List<Endpoint> endpoints;
        try {
            endpoints = Endpoint.parseAll(values);
        } catch (IllegalArgumentException refused) {
            throw new SettingException(flag + ": " + refused.getMessage());
        }
        if (endpoints.stream().anyMatch(Endpoint::encrypted)) {
            throw new SettingException(
                    flag + " '" + String.join(",", values) + "': TLS is not served yet, use http://");
        }
        return endpoints.stream()
                .map(endpoint -> URI.create(endpoint.toString()))
                .toList();
    }
}
