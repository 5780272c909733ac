package io.mandate.bench.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.mandate.bench.metric.Metrics;
import io.mandate.bench.metric.Product;
import io.mandate.bench.metric.Results;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class MeasuredTest {
    private final Histogram latencies = new Histogram(TimeUnit.MINUTES.toNanos(1), 3);

    @Test
    void processorTimeIsPerThousandOperationsAndThroughputPerSecond() {
        for (int i = 0; i < 4_000; i++) {
            latencies.recordValue(TimeUnit.MILLISECONDS.toNanos(3));
        }

        Measured measured = Measured.of(
                latencies, TimeUnit.SECONDS.toNanos(2), new CpuMeter.Reading(1.0, 0.5, 2.5), Optional.empty());

        assertThat(measured.perSecond()).isEqualTo(2_000);
        assertThat(measured.serverCpuPerThousand()).isEqualTo(0.25);
        assertThat(measured.clientCpuPerThousand()).isEqualTo(0.125);
        assertThat(measured.p50Millis()).isCloseTo(3, within(0.01));
        assertThat(measured.othersCores()).isEqualTo(0.5);
        assertThat(measured.failure()).isEmpty();
    }

    @Test
    void aWindowInWhichNothingEndedIsVoid() {
        Measured measured = Measured.of(latencies, 1, new CpuMeter.Reading(1.0, 0.5, 2.5), Optional.empty());
        Results results = new Results();

        measured.addTo(results, Product.ETCD, Metrics.CAS_1);

        assertThat(results.voids(Product.ETCD, Metrics.CAS_1.p99())).containsExactly("throughput 0");
        assertThat(results.summary(Product.ETCD, Metrics.CAS_1.p99())).isEmpty();
    }

    @Test
    void oneFailureMakesAllOfTheWindowVoid() {
        latencies.recordValue(1);
        Measured measured = Measured.of(
                latencies, 1, new CpuMeter.Reading(1.0, 0.5, 2.5), Optional.of("1 failures, first: compare failed"));
        Results results = new Results();

        measured.addTo(results, Product.ETCD, Metrics.CAS_1);

        assertThat(Metrics.CAS_1.all())
                .allSatisfy(metric ->
                        assertThat(results.voids(Product.ETCD, metric)).hasSize(1));
    }

    @Test
    void processorTimeOfAWindowIsTheDifferenceOfTwoReadings() {
        assertThat(new CpuMeter.Reading(5, 3, 20).minus(new CpuMeter.Reading(4, 1, 10)))
                .isEqualTo(new CpuMeter.Reading(1, 2, 10));
    }

    @Test
    void othersUsedWhatNeitherServersNorClientDid() {
        assertThat(new CpuMeter.Reading(1, 2, 10).others()).isEqualTo(7);
        assertThat(new CpuMeter.Reading(1, 2, 2.9).others()).isZero();
    }

    @Test
    void theMachinesTimeIsAllButIdlingAndWaiting() {
        String stat = """
                cpu  1000 20 300 99999 88 7 6 5 0 0
                cpu0 500 10 150 50000 44 3 3 2 0 0
                """;
        assertThat(CpuMeter.parseMachineSeconds(stat)).isEqualTo(13.33);
        assertThatIllegalArgumentException().isThrownBy(() -> CpuMeter.parseMachineSeconds("cpu0 1 2 3"));
    }
}
