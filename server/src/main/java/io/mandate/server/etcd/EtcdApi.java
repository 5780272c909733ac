package io.mandate.server.etcd;

import io.grpc.BindableService;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.protobuf.services.HealthStatusManager;
import io.mandate.keyspace.api.RequestRules;
import io.mandate.server.etcd.call.EtcdApiOptions;
import io.mandate.server.etcd.call.EtcdErrors;
import io.mandate.server.etcd.call.Headers;
import io.mandate.server.etcd.call.RequestMetadata;
import io.mandate.server.etcd.call.RequireLeaderStreams;
import io.mandate.server.etcd.call.SpaceQuota;
import io.mandate.server.etcd.kv.KvService;
import io.mandate.server.etcd.kv.PhysicalCompaction;
import io.mandate.server.etcd.kv.RequestTranslation;
import io.mandate.server.etcd.lease.LeaseService;
import io.mandate.server.etcd.maintenance.AuthService;
import io.mandate.server.etcd.maintenance.ClusterService;
import io.mandate.server.etcd.maintenance.MaintenanceService;
import io.mandate.server.etcd.recipes.ElectionService;
import io.mandate.server.etcd.recipes.LockService;
import io.mandate.server.etcd.watch.WatchService;
import io.mandate.server.lease.LeaseKeeper;
import io.mandate.server.meter.OperationCount;
import io.mandate.server.raft.Replica;
import io.mandate.server.watch.WatchHub;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The etcd v3 API: the gRPC services of all groups of a node, ready to be served on a port. Methods that are not
 * implemented return UNIMPLEMENTED. Thread-safe.
 */
public final class EtcdApi implements AutoCloseable {
    private static final int LARGE_READ_THREADS = 2;

    /** The queue bound of large reads; each holds only its request. More are refused. */
    private static final int LARGE_READS_WAITING_MAX = 10_000;

    private final ThreadPoolExecutor largeReads;
    private final List<ServerServiceDefinition> services;
    private final List<OperationCount> reads;

    /** The components that serve one group. */
    public record Group(Replica replica, WatchHub hub, LeaseKeeper keeper) {}

    /**
     * Creates the services.
     *
     * @param groups the groups, indexed by their numbers
     * @param scheduler for short periodic tasks
     */
    public EtcdApi(List<Group> groups, EtcdApiOptions options, ScheduledExecutorService scheduler) {
        this.largeReads = new ThreadPoolExecutor(
                LARGE_READ_THREADS,
                LARGE_READ_THREADS,
                10,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(LARGE_READS_WAITING_MAX),
                task -> {
                    Thread thread = new Thread(task, "large-reads");
                    thread.setDaemon(true);
                    return thread;
                },
                (task, executor) -> {
                    throw EtcdErrors.TOO_MANY_REQUESTS.asRuntimeException();
                });
        largeReads.allowCoreThreadTimeOut(true);
        List<RequireLeaderStreams> requireLeaderStreams = groups.stream()
                .map(group -> new RequireLeaderStreams(group.replica))
                .toList();
        scheduler.scheduleWithFixedDelay(
                () -> requireLeaderStreams.forEach(RequireLeaderStreams::check),
                options.electionTimeoutMillis(),
                options.electionTimeoutMillis(),
                TimeUnit.MILLISECONDS);
        this.reads = groups.stream().map(group -> new OperationCount()).toList();
        this.services = GroupDispatch.merge(IntStream.range(0, groups.size())
                .mapToObj(number -> services(
                        groups.get(number),
                        requireLeaderStreams.get(number),
                        new RequestMetadata(groups.get(number).replica, groups.size()),
                        options,
                        scheduler,
                        reads.get(number)))
                .toList());
    }

    private List<ServerServiceDefinition> services(
            Group group,
            RequireLeaderStreams requireLeaderStreams,
            RequestMetadata metadata,
            EtcdApiOptions options,
            ScheduledExecutorService scheduler,
            OperationCount reads) {
        Replica replica = group.replica;
        WatchHub hub = group.hub;
        Headers headers = new Headers(replica);
        SpaceQuota quota = new SpaceQuota(replica, options.quotaBytes());
        return Stream.<BindableService>of(
                        new KvService(
                                replica,
                                headers,
                                new RequestTranslation(new RequestRules(options.transactionOperationsMax())),
                                quota,
                                largeReads,
                                new PhysicalCompaction(replica, scheduler),
                                reads),
                        new WatchService(hub, replica, headers, requireLeaderStreams, options.messageBytesMax()),
                        new LeaseService(replica, group.keeper, headers, quota, requireLeaderStreams, largeReads),
                        new ClusterService(replica, headers),
                        new MaintenanceService(replica, headers, largeReads),
                        new AuthService(headers),
                        new ElectionService(replica, hub, headers, quota, requireLeaderStreams),
                        new LockService(replica, hub, headers, quota),
                        new HealthStatusManager().getHealthService())
                .map(service -> ServerInterceptors.intercept(service, metadata))
                .toList();
    }

    /** The services, each of which dispatches calls to the groups. */
    public List<ServerServiceDefinition> services() {
        return services;
    }

    /** The number of reads of a group, other than those in transactions that may write. */
    public OperationCount reads(int group) {
        return reads.get(group);
    }

    @Override
    public void close() {
        largeReads.shutdownNow();
    }
}
