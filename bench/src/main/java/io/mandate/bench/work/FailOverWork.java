package io.mandate.bench.work;

import io.grpc.ManagedChannel;
import io.mandate.bench.harness.Connections;
import io.mandate.bench.harness.FirstWrite;
import io.mandate.bench.harness.Target;
import io.mandate.bench.harness.Work;
import io.mandate.bench.metric.Metric;
import io.mandate.bench.metric.Metrics;
import io.mandate.verify.process.ClusterNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/** Kills the leader with -9, asks the others until one acknowledges a write, brings the dead one back, and again. */
public final class FailOverWork implements Work {
    private static final Duration SERVICE_DEADLINE = Duration.ofSeconds(30);
    private static final double NANOS_PER_MILLI = 1e6;

    /** Lets the returned node catch up and the cluster come to rest, so that each kill meets three healthy nodes. */
    private static final long REST_MILLIS = 1_000;

    @Override
    public List<Metric> metrics() {
        return List.of(Metrics.FAILOVER, Metrics.FAILOVER_WORST);
    }

    @Override
    public void measure(Target target) throws InterruptedException {
        List<Double> gaps = new ArrayList<>();
        for (int kill = 0; kill < target.settings().kills(); kill++) {
            gaps.add(killOnce(target));
        }
        gaps.forEach(gap -> target.add(Metrics.FAILOVER, gap));
        target.add(
                Metrics.FAILOVER_WORST,
                gaps.stream().mapToDouble(Double::doubleValue).max().orElseThrow());
    }

    private static double killOnce(Target target) throws InterruptedException {
        int leader = target.cluster().awaitLeader();
        List<String> survivors = new ArrayList<>(target.cluster().endpoints());
        survivors.remove(leader);
        ClusterNode victim = target.cluster().node(leader);
        double millis;
        try (Connections connections = target.connect(survivors)) {
            for (ManagedChannel channel : connections.all()) {
                requireWritten(FirstWrite.await(List.of(channel), SERVICE_DEADLINE, () -> true));
            }
            TimeUnit.MILLISECONDS.sleep(REST_MILLIS);
            long killedNanos = System.nanoTime();
            victim.kill9();
            long writtenNanos = requireWritten(FirstWrite.await(connections.all(), SERVICE_DEADLINE, () -> true));
            millis = (writtenNanos - killedNanos) / NANOS_PER_MILLI;
        }
        target.cluster().restart(leader);
        return millis;
    }

    private static long requireWritten(OptionalLong nanos) {
        return nanos.orElseThrow(() -> new IllegalStateException("no write succeeded within " + SERVICE_DEADLINE));
    }
}
