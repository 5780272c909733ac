package io.mandate.bench.work;

import io.mandate.bench.harness.Connections;
import io.mandate.bench.harness.Target;
import io.mandate.bench.harness.Work;
import io.mandate.bench.metric.Metric;
import io.mandate.bench.metric.Metrics;
import io.mandate.election.Election;
import io.mandate.election.Leadership;
import io.mandate.etcdapi.LeaseGrpc;
import io.mandate.etcdapi.LeaseLeasesRequest;
import io.mandate.store.etcd.EtcdStore;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A thousand elections led by one process: what that takes of it and of the store. */
public final class ElectionsWork implements Work {
    private static final int ELECTIONS = 1_000;
    private static final Duration TTL = Duration.ofSeconds(5);
    private static final double NANOS_PER_SECOND = 1e9;
    private static final long SECONDS_MAX = 120;

    @Override
    public List<Metric> metrics() {
        return List.of(
                Metrics.ELECTIONS_LED, Metrics.ELECTIONS_LEASES, Metrics.ELECTIONS_THREADS, Metrics.ELECTIONS_LEFT);
    }

    @Override
    public void measure(Target target) throws Exception {
        int leasesBefore = leases(target);
        int threadsBefore = ManagementFactory.getThreadMXBean().getThreadCount();
        try (EtcdStore store =
                EtcdStore.connect(String.join(",", target.cluster().endpoints()))) {
            List<Election> elections = new ArrayList<>();
            for (int i = 0; i < ELECTIONS; i++) {
                elections.add(
                        Election.on(store).name("bench/election-" + i).ttl(TTL).join());
            }
            long beginNanos = System.nanoTime();
            List<CompletableFuture<Leadership>> leaderships =
                    elections.stream().map(Election::lead).toList();
            for (CompletableFuture<Leadership> leadership : leaderships) {
                leadership.get(SECONDS_MAX, TimeUnit.SECONDS);
            }
            target.add(Metrics.ELECTIONS_LED, (System.nanoTime() - beginNanos) / NANOS_PER_SECOND);
            // What answers came on is put away when it is not used.
            TimeUnit.MILLISECONDS.sleep(TTL.toMillis());
            target.add(Metrics.ELECTIONS_LEASES, leases(target) - leasesBefore);
            target.add(
                    Metrics.ELECTIONS_THREADS,
                    ManagementFactory.getThreadMXBean().getThreadCount() - threadsBefore);
            long endNanos = System.nanoTime();
            for (CompletableFuture<Leadership> leadership : leaderships) {
                var unused = leadership.join().release();
            }
            for (CompletableFuture<Void> closed :
                    elections.stream().map(Election::closeAsync).toList()) {
                closed.get(SECONDS_MAX, TimeUnit.SECONDS);
            }
            target.add(Metrics.ELECTIONS_LEFT, (System.nanoTime() - endNanos) / NANOS_PER_SECOND);
        }
    }

    private static int leases(Target target) {
        try (Connections connections = target.connect(List.of(target.leader().endpoint()))) {
            return LeaseGrpc.newBlockingStub(connections.of(0))
                    .withDeadlineAfter(SECONDS_MAX, TimeUnit.SECONDS)
                    .leaseLeases(LeaseLeasesRequest.getDefaultInstance())
                    .getLeasesCount();
        }
    }
}
