package io.mandate.bench.harness;

import io.mandate.bench.metric.Metrics;
import io.mandate.bench.metric.Product;
import io.mandate.bench.metric.Results;
import java.util.Optional;
import org.HdrHistogram.Histogram;

/**
 * One window of a closed loop.
 *
 * @param perSecond operations
 * @param serverCpuPerThousand seconds of all nodes together, per 1000 operations
 * @param clientCpuPerThousand the same of the load generator
 * @param othersCores used by processes that have no part in this
 * @param failure why this does not count, if it does not
 */
public record Measured(
        double perSecond,
        double p50Millis,
        double p99Millis,
        double serverCpuPerThousand,
        double clientCpuPerThousand,
        double othersCores,
        Optional<String> failure) {
    private static final double NANOS_PER_MILLI = 1e6;
    private static final double NANOS_PER_SECOND = 1e9;

    static Measured of(Histogram latencies, long elapsedNanos, CpuMeter.Reading cpu, Optional<String> failure) {
        long operations = latencies.getTotalCount();
        double thousands = operations / 1000.0;
        return new Measured(
                operations / (elapsedNanos / NANOS_PER_SECOND),
                latencies.getValueAtPercentile(50) / NANOS_PER_MILLI,
                latencies.getValueAtPercentile(99) / NANOS_PER_MILLI,
                cpu.servers() / thousands,
                cpu.client() / thousands,
                cpu.others() / (elapsedNanos / NANOS_PER_SECOND),
                failure.or(() -> operations == 0 ? Optional.of("throughput 0") : Optional.empty()));
    }

    Measured withFailure(String reason) {
        return new Measured(
                perSecond,
                p50Millis,
                p99Millis,
                serverCpuPerThousand,
                clientCpuPerThousand,
                othersCores,
                Optional.of(reason));
    }

    public void addTo(Results results, Product product, Metrics.Loop metrics) {
        results.addOthersCores(othersCores);
        if (failure.isPresent()) {
            metrics.all().forEach(metric -> results.addVoid(product, metric, failure.get()));
            return;
        }
        results.add(product, metrics.throughput(), perSecond);
        results.add(product, metrics.p50(), p50Millis);
        results.add(product, metrics.p99(), p99Millis);
        results.add(product, metrics.serverCpu(), serverCpuPerThousand);
        results.add(product, metrics.clientCpu(), clientCpuPerThousand);
    }
}
