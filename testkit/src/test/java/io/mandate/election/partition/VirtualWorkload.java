package io.mandate.election.partition;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.election.store.LeaseStore;
import io.mandate.testkit.SimulatedStore;
import io.mandate.testkit.time.VirtualExecutor;
import io.mandate.testkit.time.VirtualScheduler;
import io.mandate.testkit.time.VirtualTime;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/** The workload {@code orders} in virtual time, its members each a process, with work that ends when it is asked to. */
final class VirtualWorkload {
    static final int PARTITIONS = 12;
    static final Duration TTL = Duration.ofSeconds(2);

    private static final Set<String> NOT_REQUESTS =
            Set.of("guarantees", "watch", "watchKeys", "close", "equals", "hashCode", "toString");

    private final int partitions;

    final VirtualTime time = new VirtualTime();
    final SimulatedStore store = new SimulatedStore(time, 1);
    final PartitionAdmin control =
            PartitionedWorkload.control(store.client(new VirtualScheduler(time, "operator")), "orders");
    private final Map<String, PartitionMembership> shares = new LinkedHashMap<>();
    private final Map<String, VirtualScheduler> processes = new LinkedHashMap<>();

    /** What members have asked the store for; a batch is one request. */
    final SortedMap<String, Integer> requests = new TreeMap<>();

    /**
     * Whether members' requests are refused at once, by an exception instead of a failed answer, as by a client that
     * has too many under way.
     */
    boolean refuses;

    VirtualWorkload() {
        this(PARTITIONS);
    }

    VirtualWorkload(int partitions) {
        this.partitions = partitions;
    }

    LeaseStore counted(LeaseStore connection) {
        return (LeaseStore) Proxy.newProxyInstance(
                LeaseStore.class.getClassLoader(), new Class<?>[] {LeaseStore.class}, (proxy, method, arguments) -> {
                    if (refuses && !method.getName().equals("guarantees")) {
                        throw new IllegalStateException("too many requests are under way");
                    }
                    if (!NOT_REQUESTS.contains(method.getName())) {
                        requests.merge(method.getName(), 1, Integer::sum);
                    }
                    return method.invoke(connection, arguments);
                });
    }

    PartitionMembership join(String member) {
        VirtualScheduler process = new VirtualScheduler(time, member);
        PartitionMembership share = process.workload(counted(store.client(process)), "orders", partitions, 1)
                .member(member)
                .label("address", member + ":80")
                .ttl(TTL)
                .executor(new VirtualExecutor(process))
                .joinAsync(partition -> CompletableFuture.anyOf(
                        partition.drainRequested(), partition.term().ended()));
        processes.put(member, process);
        shares.put(member, share);
        return share;
    }

    VirtualScheduler process(String member) {
        return Objects.requireNonNull(processes.get(member), member);
    }

    int owned(String member) {
        return Objects.requireNonNull(shares.get(member), member).owned().size();
    }

    void awaitOwned(String member, int partitions) {
        await(member + " owns " + partitions, () -> owned(member) == partitions);
    }

    void await(String what, BooleanSupplier condition) {
        assertThat(time.runUntil(condition, Duration.ofSeconds(30))).as(what).isTrue();
    }

    <A> A answer(CompletableFuture<A> asked) {
        await("an answer", asked::isDone);
        return asked.join();
    }

    void close() {
        shares.values().forEach(PartitionMembership::closeAsync);
        time.runFor(Duration.ofMinutes(5));
    }
}
