package io.mandate.server;

import io.mandate.keyspace.api.Command;
import io.mandate.keyspace.api.KeyspaceLimits;
import io.mandate.keyspace.api.Member;
import io.mandate.keyspace.api.Request;
import io.mandate.server.etcd.EtcdApi;
import io.mandate.server.etcd.InProcessServer;
import io.mandate.server.etcd.call.EtcdApiOptions;
import io.mandate.server.http.ClientPort;
import io.mandate.server.lease.LeaseKeeper;
import io.mandate.server.loop.SharedEventLoop;
import io.mandate.server.meter.TextMetrics;
import io.mandate.server.raft.RaftHost;
import io.mandate.server.raft.RaftReplica;
import io.mandate.server.raft.ReplicaOptions;
import io.mandate.server.watch.WatchHub;
import io.mandate.server.watch.WatchLimits;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One node of a store: a replica of each group, with its watches and leases, and the etcd API on its ports. Several
 * nodes can run in one JVM. Thread-safe.
 *
 * <p>{@link #start} opens the parts in the reverse of the order in which {@link #close} closes them, which disturbs
 * clients least: leadership is handed over, calls in progress are answered, then the ports are closed. A start that
 * fails closes what it has opened, in the same order.
 */
public final class Node implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Node.class);
    private static final long PUBLISH_RETRY_MILLIS = 200;

    private final NodeOptions options;
    private final OpenParts parts;
    private final ScheduledExecutorService scheduler;
    private final InProcessServer inProcess;
    private final CompletableFuture<Void> ready = new CompletableFuture<>();
    private final CompletableFuture<String> failure = new CompletableFuture<>();

    /**
     * Opens the parts in the reverse of the order in which they are closed. If this throws, the caller closes
     * {@code parts}.
     */
    private Node(NodeOptions options, OpenParts parts) throws IOException {
        this.options = options;
        this.parts = parts;
        RaftHost host = parts.add(new RaftHost(replicaOptions(options)));
        List<EtcdApi.Group> groups = host.replicas().stream().map(this::group).toList();
        this.scheduler = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "node-housekeeping");
            thread.setDaemon(true);
            return thread;
        });
        parts.add(scheduler::shutdownNow);
        long quotaBytes = options.quotaBytes() / groups.size();
        EtcdApiOptions apiOptions = new EtcdApiOptions(
                options.requestBytesMax(),
                options.transactionOperationsMax(),
                quotaBytes,
                options.electionTimeoutMillis());
        EtcdApi api = parts.add(new EtcdApi(groups, apiOptions, scheduler));
        NodeMetrics metrics = parts.add(new NodeMetrics(host));
        TextMetrics etcdMetrics = EtcdMetrics.of(host, groups, api, quotaBytes);
        host.failure().thenAccept(failure::complete);
        SharedEventLoop watchLoop = parts.add(SharedEventLoop.start("watch-hub"));
        SharedEventLoop leaseLoop = parts.add(SharedEventLoop.start("lease-keeper"));
        for (EtcdApi.Group group : groups) {
            Stream.of(group.hub().failure(), group.keeper().failure())
                    .forEach(part -> part.thenAccept(failure::complete));
            parts.add(group.hub()).start(watchLoop);
            parts.add(group.keeper()).start(leaseLoop);
        }
        host.start();
        ClientPort.Content content = new ClientPort.Content(
                api.services(),
                host.replicas(),
                metrics.registry(),
                etcdMetrics,
                apiOptions.messageBytesMax(),
                EtcdApiOptions.ETCD_VERSION,
                version());
        parts.add(ClientPort.start(addresses(options.listenClientUrls()), content));
        this.inProcess = parts.add(InProcessServer.open(api.services()));
        parts.add(host::handOver);
        parts.add(scheduler::shutdownNow);
        host.replicas().forEach(replica -> AutoCompactor.start(options.autoCompaction(), replica, scheduler));
        CompletableFuture.allOf(host.replicas().stream().map(this::published).toArray(CompletableFuture<?>[]::new))
                .thenRun(() -> ready.complete(null));
    }

    private EtcdApi.Group group(RaftReplica replica) {
        WatchHub hub =
                new WatchHub(replica::keyspace, WatchLimits.shared(options.groups(), options.watchProgressInterval()));
        replica.addListener(hub);
        return new EtcdApi.Group(replica, hub, new LeaseKeeper(replica));
    }

    /**
     * Starts a node and returns when it listens; {@link #ready} completes when it serves. If it throws, everything is
     * released: threads, ports, the lock of the data directory.
     *
     * @throws io.mandate.server.raft.IdentityException if the data directory does not belong to this node and cluster,
     *     or is in use
     * @throws io.mandate.server.log.DamagedLogException if the log is damaged
     * @throws IOException if an address or the disk cannot be used; the message names it
     */
    public static Node start(NodeOptions options) throws IOException {
        LOG.info(
                "starting name={} data-dir={} cluster={} groups={}",
                options.name(),
                options.dataDirectory(),
                options.initialCluster(),
                options.groups());
        OpenParts parts = new OpenParts();
        try {
            return new Node(options, parts);
        } catch (UncheckedIOException failed) {
            parts.close();
            throw new IOException(failed.getMessage(), failed);
        } catch (IOException | RuntimeException | Error failed) {
            parts.close();
            throw failed;
        }
    }

    private static ReplicaOptions replicaOptions(NodeOptions options) {
        Map<Long, InetSocketAddress> peers = new HashMap<>();
        options.initialCluster()
                .values()
                .forEach(url -> peers.put(
                        ClusterIds.memberId(url, options.clusterToken()),
                        InetSocketAddress.createUnresolved(url.getHost(), url.getPort())));
        return new ReplicaOptions(
                ClusterIds.clusterId(options.initialCluster().values(), options.clusterToken()),
                ClusterIds.memberId(ownPeerUrl(options), options.clusterToken()),
                peers,
                new InetSocketAddress(
                        options.listenPeerUrl().getHost(),
                        options.listenPeerUrl().getPort()),
                options.dataDirectory(),
                options.joinExisting(),
                options.groups(),
                options.heartbeatMillis(),
                options.electionTimeoutMillis(),
                options.snapshotCount(),
                options.requestBytesMax(),
                KeyspaceLimits.DEFAULT,
                null);
    }

    private static URI ownPeerUrl(NodeOptions options) {
        return Objects.requireNonNull(options.initialCluster().get(options.name()));
    }

    private static List<SocketAddress> addresses(List<URI> urls) {
        return urls.stream()
                .<SocketAddress>map(url -> new InetSocketAddress(url.getHost(), url.getPort()))
                .toList();
    }

    private static String version() {
        String version = Node.class.getPackage().getImplementationVersion();
        return version == null ? "unpackaged" : version;
    }

    /** Publishes this node's client URLs in a group; its success also proves that the node serves the group. */
    private CompletableFuture<Void> published(RaftReplica replica) {
        CompletableFuture<Void> published = new CompletableFuture<>();
        publish(replica, published);
        return published;
    }

    private void publish(RaftReplica replica, CompletableFuture<Void> published) {
        Member self = new Member(
                replica.status().memberId(),
                options.name(),
                List.of(ownPeerUrl(options).toString()),
                options.advertiseClientUrls().stream().map(URI::toString).toList());
        replica.propose(Request.of(new Command.PublishMember(self))).whenComplete((outcome, failure) -> {
            if (failure == null) {
                published.complete(null);
                return;
            }
            LOG.info("not-ready-yet group={} cause=\"{}\"", replica.group(), failure.getMessage());
            try {
                scheduler.schedule(() -> publish(replica, published), PUBLISH_RETRY_MILLIS, TimeUnit.MILLISECONDS);
            } catch (RejectedExecutionException closed) {
                LOG.debug("publish-stopped group={} cause=\"the node is closed\"", replica.group());
            }
        });
    }

    /** Completes when every group has a leader and this node serves it. */
    public CompletableFuture<Void> ready() {
        return ready;
    }

    /** Completes with the reason if the node fails and must be closed. */
    public CompletableFuture<String> failure() {
        return failure;
    }

    /** The services of the client port, for callers in this JVM. */
    public InProcessServer inProcess() {
        return inProcess;
    }

    /** Stops the node in order, within 5 seconds. Idempotent. */
    @Override
    public void close() {
        LOG.info("stopping name={}", options.name());
        parts.close();
        LOG.info("stopped name={}", options.name());
    }
}
