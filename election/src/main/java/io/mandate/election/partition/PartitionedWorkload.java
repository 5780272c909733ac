package io.mandate.election.partition;

import io.mandate.election.internal.BuilderAccess;
import io.mandate.election.internal.plan.PartitionHash;
import io.mandate.election.internal.plan.Plan;
import io.mandate.election.internal.store.CheckedStore;
import io.mandate.election.internal.time.Scheduler;
import io.mandate.election.store.LeaseStore;
import java.time.Duration;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * A workload that is split into partitions, each led by one of its members: what to begin with, and the settings of a
 * member.
 *
 * <pre>{@code
 * try (PartitionMembership share = Partitions.of(store, "orders", 256).member("host-7").weight(2).join(partition -> {
 *     while (!partition.drainRequested().isDone()) {
 *         guard.write(partition.term(), ...);
 *     }
 * })) {
 *     ...
 * }
 * }</pre>
 *
 * <p>Which member owns a partition is decided by an election of its own, with the fencing tokens, terms and guards of
 * all elections: its name is {@code orders/17}. Which member campaigns for it is decided by a plan that all members
 * compute alike ({@link Plan}): by weight, within capacities, moving as little as it can. A partition that moves is
 * drained by its owner before the next one gets it.
 *
 * <p>Not thread-safe; every setting is checked when it is used, by a refusal that names the setting, its bounds and
 * what to do.
 */
public final class PartitionedWorkload {
    static {
        BuilderAccess.register(PartitionedWorkload.class, PartitionedWorkload::clocks);
    }

    private static final Duration TTL_DEFAULT = Duration.ofSeconds(5);
    private static final int HISTORY_LENGTH_DEFAULT = 8;

    private final LeaseStore store;
    private final WorkloadKeys keys;
    private final int partitions;
    private String member = "";
    private int weight = 1;
    private int capacity = Integer.MAX_VALUE;
    private String zone = "";
    private final SortedMap<String, String> labels = new TreeMap<>();
    private Duration ttl = TTL_DEFAULT;
    private Duration settle = PartitionMembershipOptions.SETTLE_DEFAULT;
    private Duration drainTimeout = Duration.ofSeconds(30);
    private int historyLength = HISTORY_LENGTH_DEFAULT;
    private Executor executor = DefaultWorkers.THREADS;
    private @Nullable Scheduler scheduler;
    private long seed = ThreadLocalRandom.current().nextLong();

    private PartitionedWorkload(LeaseStore store, WorkloadKeys keys, int partitions) {
        this.store = CheckedStore.of(store);
        this.keys = keys;
        this.partitions = partitions;
    }

    /** As many threads as there is work, and none when there is not. */
    private static final class DefaultWorkers {
        static final Executor THREADS = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "mandate-partition");
            thread.setDaemon(true);
            return thread;
        });
    }

    /**
     * A workload in a store.
     *
     * @param workload its name: up to {@value WorkloadKeys#WORKLOAD_BYTES_MAX} bytes, otherwise as that of an election,
     *     and not ending with {@code /members}. Its keys in the store begin with it
     * @param partitions 1 to {@value Plan#PARTITIONS_MAX}; the same for all members, and for ever
     * @throws IllegalArgumentException if one is out of its bounds
     */
    public static PartitionedWorkload of(LeaseStore store, String workload, int partitions) {
        if (partitions < 1 || partitions > Plan.PARTITIONS_MAX) {
            throw new IllegalArgumentException(partitions + " partitions are not between 1 and " + Plan.PARTITIONS_MAX
                    + ": some ten for each member is usual");
        }
        return new PartitionedWorkload(
                Objects.requireNonNull(store, "store"),
                new WorkloadKeys(Objects.requireNonNull(workload, "workload")),
                partitions);
    }

    /** What operators do with a workload that there is, or will be; also from processes that take no part in it. */
    public static PartitionAdmin control(LeaseStore store, String workload) {
        return new PartitionAdmin(CheckedStore.of(store), new WorkloadKeys(workload));
    }

    /** The partition that a key belongs to: see {@link PartitionHash}. */
    public int partitionOf(String key) {
        return PartitionHash.partitionOf(key, partitions);
    }

    /**
     * What this member is called: up to {@value WorkloadKeys#MEMBER_BYTES_MAX} bytes without a slash. A member that
     * comes back with the same name gets its partitions back. Must be said.
     */
    public PartitionedWorkload member(String name) {
        this.member = Objects.requireNonNull(name, "member");
        return this;
    }

    /** How much this member takes, compared with the others: 1, the default, to {@value MemberRecord#WEIGHT_MAX}. */
    public PartitionedWorkload weight(int share) {
        this.weight = share;
        return this;
    }

    /** Most partitions that this member takes; by default any number. What nobody has room for is owned by nobody. */
    public PartitionedWorkload capacity(int partitionsMax) {
        this.capacity = partitionsMax;
        return this;
    }

    /** Where this member is: what fails together has the same zone. By default nothing is known. */
    public PartitionedWorkload zone(String name) {
        this.zone = Objects.requireNonNull(name, "zone");
        return this;
    }

    /**
     * Something that others look up, such as the address that requests are forwarded to. At most
     * {@value MemberRecord#LABELS_MAX}.
     */
    public PartitionedWorkload label(String name, String value) {
        labels.put(Objects.requireNonNull(name, "name"), Objects.requireNonNull(value, "value"));
        return this;
    }

    /**
     * How long a dead member may go unnoticed: 100 ms to a day, if the store can keep leases as short; by default 5 s.
     */
    public PartitionedWorkload ttl(Duration timeToLive) {
        this.ttl = Objects.requireNonNull(timeToLive, "ttl");
        return this;
    }

    /**
     * How long the members must have been the same before partitions are moved, so that what comes and goes together is
     * one change; by default 500 ms, and at most five times as long is waited.
     */
    public PartitionedWorkload settle(Duration time) {
        this.settle = Objects.requireNonNull(time, "settle");
        return this;
    }

    /**
     * How long the work of a partition may take to finish when it is to move, before it is interrupted, its term ends
     * and the next one owns it; by default 30 s.
     */
    public PartitionedWorkload drainTimeout(Duration timeout) {
        this.drainTimeout = Objects.requireNonNull(timeout, "drainTimeout");
        return this;
    }

    /**
     * How many owners of the past are kept in the store for each partition; by default
     * {@value #HISTORY_LENGTH_DEFAULT}, and none with 0.
     */
    public PartitionedWorkload historyLength(int owners) {
        this.historyLength = owners;
        return this;
    }

    /** Where work runs; by default on threads that are made when needed. An executor of virtual threads is fine. */
    public PartitionedWorkload executor(Executor threads) {
        this.executor = Objects.requireNonNull(threads, "executor");
        return this;
    }

    /** For the test kit: a loop and clocks instead of the machine's, and the seed of random choices. */
    PartitionedWorkload clocks(Scheduler loop, long randomSeed) {
        this.scheduler = Objects.requireNonNull(loop, "scheduler");
        this.seed = randomSeed;
        return this;
    }

    /**
     * Becomes a member, and has the work run for each partition that comes to it. Returns at once.
     *
     * @throws IllegalArgumentException if a setting is out of its bounds, or the store cannot hold an election safely
     */
    public PartitionMembership join(PartitionWork work) {
        return PartitionMembership.join(store, options(), new ThreadedCampaigns(work));
    }

    /** As {@link #join}, without a thread for each partition. */
    public PartitionMembership joinAsync(PartitionTask task) {
        return PartitionMembership.join(store, options(), new TaskCampaigns(task));
    }

    /** Tells who owns the partitions, without taking part. */
    public PartitionRouter router() {
        return new PartitionRouter(store, keys, partitions, scheduler);
    }

    private PartitionMembershipOptions options() {
        return new PartitionMembershipOptions(
                keys,
                partitions,
                member,
                new MemberRecord(weight, capacity, zone, false, labels),
                ttl,
                settle,
                drainTimeout,
                historyLength,
                executor,
                scheduler,
                seed);
    }
}
