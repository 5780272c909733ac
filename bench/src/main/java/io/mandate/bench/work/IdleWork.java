package io.mandate.bench.work;

import io.mandate.bench.harness.CpuMeter;
import io.mandate.bench.harness.Target;
import io.mandate.bench.harness.Work;
import io.mandate.bench.metric.Metric;
import io.mandate.bench.metric.Metrics;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Processor time of nodes that no client is connected to. */
public final class IdleWork implements Work {
    /** What the load before left to be done (flushes, collections, streams being closed) is no idling. */
    public static final long REST_MILLIS = 3_000;

    private static final double PERCENT_MILLIS_PER_SECOND = 100 * 1000.0;

    @Override
    public List<Metric> metrics() {
        return List.of(Metrics.IDLE_CPU);
    }

    @Override
    public void measure(Target target) throws InterruptedException {
        CpuMeter cpu = target.cpu();
        long idleMillis = target.settings().idleMillis();
        TimeUnit.MILLISECONDS.sleep(Math.min(REST_MILLIS, idleMillis));
        CpuMeter.Reading before = cpu.read();
        TimeUnit.MILLISECONDS.sleep(idleMillis);
        double seconds = cpu.read().minus(before).servers();
        target.add(
                Metrics.IDLE_CPU,
                seconds
                        * PERCENT_MILLIS_PER_SECOND
                        / idleMillis
                        / target.cluster().size());
    }
}
