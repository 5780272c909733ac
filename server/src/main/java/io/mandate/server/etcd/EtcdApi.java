package io.mandate.server.etcd;

import io.grpc.BindableService;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.protobuf.services.HealthStatusManager;
import io.mandate.keyspace.RequestRules;
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
 * The etcd v3 door: all services of the API, ready to be put on a port, in front of all groups of a node. What is not
 * served answers UNIMPLEMENTED by name.
 */
public final class EtcdApi implements AutoCloseable {
    private static final int SLOW_THREADS = 2;

    /** Large reads waiting; each holds a request only. Beyond, they are refused. */
    private static final int SLOW_WAITING_MAX = 10_000;

    private final ThreadPoolExecutor slow;
    private final List<ServerServiceDefinition> services;
    private final List<OperationCount> reads;

    /** What is behind the door for one group. */
    public record Group(Replica replica, WatchHub hub, LeaseKeeper keeper) {}

    /**
     * Makes the services.
     *
     * @param groups by their numbers
     * @param scheduler for small periodic work
     */
    public EtcdApi(List<Group> groups, EtcdApiOptions options, ScheduledExecutorService scheduler) {
        this.slow = new ThreadPoolExecutor(
                SLOW_THREADS,
                SLOW_THREADS,
                10,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(SLOW_WAITING_MAX),
                task -> {
                    Thread thread = new Thread(task, "large-reads");
                    thread.setDaemon(true);
                    return thread;
                },
                (task, executor) -> {
                    throw EtcdErrors.TOO_MANY_REQUESTS.asRuntimeException();
                });
        slow.allowCoreThreadTimeOut(true);
        List<RequireLeaderStreams> needLeader = groups.stream()
                .map(group -> new RequireLeaderStreams(group.replica))
                .toList();
        scheduler.scheduleWithFixedDelay(
                () -> needLeader.forEach(RequireLeaderStreams::check),
                options.electionTimeoutMillis(),
                options.electionTimeoutMillis(),
                TimeUnit.MILLISECONDS);
        this.reads = groups.stream().map(group -> new OperationCount()).toList();
        this.services = GroupDispatch.over(IntStream.range(0, groups.size())
                .mapToObj(number -> services(
                        groups.get(number),
                        needLeader.get(number),
                        new RequestMetadata(groups.get(number).replica, groups.size()),
                        options,
                        scheduler,
                        reads.get(number)))
                .toList());
    }

    private List<ServerServiceDefinition> services(
            Group group,
            RequireLeaderStreams needLeader,
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
                                slow,
                                new PhysicalCompaction(replica, scheduler),
                                reads),
                        new WatchService(hub, replica, headers, needLeader, options.messageBytesMax()),
                        new LeaseService(replica, group.keeper, headers, quota, needLeader, slow),
                        new ClusterService(replica, headers),
                        new MaintenanceService(replica, headers, slow),
                        new AuthService(headers),
                        new ElectionService(replica, hub, headers, quota, needLeader),
                        new LockService(replica, hub, headers, quota),
                        new HealthStatusManager().getHealthService())
                .map(service -> ServerInterceptors.intercept(service, metadata))
                .toList();
    }

    public List<ServerServiceDefinition> services() {
        return services;
    }

    /** What clients have read in a group, other than in transactions that may write. */
    public OperationCount reads(int group) {
        return reads.get(group);
    }

    @Override
    public void close() {
        slow.shutdownNow();
    }
}
