package io.mandate.server.meter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.keyspace.api.Outcome;
import java.util.List;
import org.junit.jupiter.api.Test;

class TextMetricsTest {
    private final TextMetrics metrics = new TextMetrics();

    @Test
    void namesAreUnchangedAndSeriesOfAFamilyAreAdjacent() {
        metrics.gauge("b_total", "A gauge.", Labels.of("group", "0"), () -> 1.5);
        metrics.counter("a_success", "A counter.", Labels.NONE, () -> 3);
        metrics.gauge("b_total", "A gauge.", Labels.of("group", "1"), () -> Double.NaN);
        assertThat(metrics.text()).isEqualTo("""
                        # HELP a_success A counter.
                        # TYPE a_success counter
                        a_success 3
                        # HELP b_total A gauge.
                        # TYPE b_total gauge
                        b_total{group="0"} 1.5
                        """);
    }

    @Test
    void bucketsAreCumulativeAndHaveEtcdsBounds() {
        Histogram forces = Histogram.exponential(0.001, 2, 14);
        metrics.histogram("fsync", "Forces.", Labels.NONE, forces);
        forces.observeNanos(1_000_000);
        forces.observeNanos(1_000_001);
        forces.observe(100);
        assertThat(metrics.text())
                .contains(
                        "fsync_bucket{le=\"0.001\"} 1\n",
                        "fsync_bucket{le=\"0.002\"} 2\n",
                        "fsync_bucket{le=\"8.192\"} 2\n",
                        "fsync_bucket{le=\"+Inf\"} 3\n",
                        "fsync_sum 100.002000001\n",
                        "fsync_count 3\n");
    }

    @Test
    void anEmptyHistogramIsOmitted() {
        Histogram empty = Histogram.exponential(1, 2, 2);
        metrics.histogramUnlessEmpty("h", "Maybe.", Labels.NONE, empty);
        assertThat(metrics.text()).doesNotContain("h_count");
        empty.observe(1);
        assertThat(metrics.text()).contains("h_count 1");
    }

    @Test
    void labelsAreEscaped() {
        metrics.gauge("g", "Help.", Labels.of("a", "x\"\\\n").and("b", "y"), () -> 0);
        assertThat(metrics.text()).contains("g{a=\"x\\\"\\\\\\n\",b=\"y\"} 0\n");
    }

    @Test
    void aNameHasOneType() {
        metrics.gauge("x", "Help.", Labels.NONE, () -> 0);
        assertThatThrownBy(() -> metrics.counter("x", "Help.", Labels.NONE, () -> 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("x is a GAUGE");
    }

    @Test
    void operationsOfTransactionsAreCountedIndividually() {
        OperationCount count = new OperationCount();
        Outcome put = new Outcome.Written(2, null);
        Outcome delete = new Outcome.Deleted(2, 0, List.of());
        Outcome range = new Outcome.Ranged(2, List.of(), 0, false);
        count.add(put);
        count.add(new Outcome.Decided(2, true, List.of(put)));
        count.add(new Outcome.Decided(2, true, List.of(delete, new Outcome.Decided(2, false, List.of(range, put)))));
        count.add(new Outcome.Refused(2, Outcome.Refused.Reason.LEASE_NOT_FOUND));
        assertThat(count.puts()).isEqualTo(3);
        assertThat(count.deletes()).isEqualTo(1);
        assertThat(count.ranges()).isEqualTo(1);
        assertThat(count.transactions()).isEqualTo(1);
    }
}
