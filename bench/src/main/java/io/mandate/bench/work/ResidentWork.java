package io.mandate.bench.work;

import io.mandate.bench.harness.Target;
import io.mandate.bench.harness.Work;
import io.mandate.bench.metric.Metric;
import io.mandate.bench.metric.Metrics;
import io.mandate.verify.process.ClusterNode;
import java.util.List;

/** Resident memory as it is now: after whatever load came before. */
public final class ResidentWork implements Work {
    static final double BYTES_PER_MEGABYTE = 1e6;

    @Override
    public List<Metric> metrics() {
        return List.of(Metrics.RSS_LEADER, Metrics.RSS_FOLLOWER);
    }

    @Override
    public void measure(Target target) {
        target.add(Metrics.RSS_LEADER, megabytes(target.leader()));
        target.add(
                Metrics.RSS_FOLLOWER,
                target.followers().stream()
                        .mapToDouble(ResidentWork::megabytes)
                        .average()
                        .orElseThrow());
    }

    public static double megabytes(ClusterNode node) {
        return node.process().residentBytes() / BYTES_PER_MEGABYTE;
    }
}
