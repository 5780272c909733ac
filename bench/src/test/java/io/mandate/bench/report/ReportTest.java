package io.mandate.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.bench.metric.Metric;
import io.mandate.bench.metric.Metrics;
import io.mandate.bench.metric.Product;
import io.mandate.bench.metric.Results;
import io.mandate.bench.metric.Row;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReportTest {
    private static final Metric METRIC = Metrics.CAS_64.throughput();

    private final Results results = new Results();

    @Test
    void aLineShowsMediansExtremesRatioGoalAndVerdict() {
        addRounds(Product.ETCD, 9_000, 10_000, 11_000);
        addRounds(Product.MANDATE, 50_000, 39_000, 45_000);

        assertThat(Table.render(results).lines())
                .hasSize(2)
                .anySatisfy(line -> assertThat(line.split(" {2,}"))
                        .containsExactly(
                                "CAS, 64 outstanding",
                                "throughput",
                                "/s",
                                "10000 (9000-11000)",
                                "45000 (39000-50000)",
                                "4.50",
                                ">= 4 x",
                                "met"));
    }

    @Test
    void aVoidMeasurementTakesNoPartInTheMedianButIsShownWithItsReason() {
        addRounds(Product.ETCD, 9_000, 11_000);
        results.addVoid(Product.ETCD, METRIC, "3 failures");

        String table = Table.render(results);

        assertThat(table).contains("10000 (9000-11000) 1 void").contains("etcd, CAS, 64 outstanding: 3 failures");
        assertThat(results.voidCount()).isEqualTo(1);
    }

    @Test
    void aValueThatIsNoNumberIsVoid() {
        results.add(Product.MANDATE, METRIC, Double.POSITIVE_INFINITY);

        assertThat(results.summary(Product.MANDATE, METRIC)).isEmpty();
        assertThat(results.voids(Product.MANDATE, METRIC)).containsExactly("measured Infinity");
    }

    @Test
    void aRunThatMeasuredNothingOrVoidThingsIsVoid() {
        assertThat(results.isVoid()).as("nothing on either side").isTrue();

        addRounds(Product.ETCD, 9_000);
        assertThat(results.isVoid()).isFalse();

        results.addVoid(Product.MANDATE, METRIC, "3 failures");
        assertThat(results.isVoid()).isTrue();
    }

    @Test
    void whatWasNotMeasuredHasNoLine() {
        assertThat(Table.render(results).lines()).hasSize(1);
    }

    @Test
    void whatOthersUsedStandsBelowTheTable() {
        results.addOthersCores(0.25);
        results.addOthersCores(0.75);

        assertThat(Table.render(results))
                .endsWith("\nOther processes used 0.500 cores (0.250-0.750) while loops were measured.\n");
    }

    @Test
    void numbersKeepThreeDigits() {
        assertThat(Table.number(0.0456)).isEqualTo("0.046");
        assertThat(Table.number(1.234)).isEqualTo("1.23");
        assertThat(Table.number(-12.34)).isEqualTo("-12.3");
        assertThat(Table.number(12345.6)).isEqualTo("12346");
    }

    @Test
    void jsonHoldsEverySampleAndEscapesText() {
        addRounds(Product.ETCD, 1_000, 3_000);
        results.addVoid(Product.ETCD, METRIC, "said \"no\"\n\\");

        assertThat(JsonReport.render(Map.of("cores", "2"), results)).isEqualTo("""
                {
                  "facts": {
                    "cores": "2"
                  },
                  "metrics": [{
                      "id": "cas-64-outstanding-throughput",
                      "row": "cas",
                      "work": "CAS, 64 outstanding",
                      "quantity": "throughput",
                      "unit": "/s",
                      "goal": ">= 4 x",
                      "verdict": "open",
                      "etcd": {
                        "median": 2000.0,
                        "min": 1000.0,
                        "max": 3000.0,
                        "samples": [1000.0, 3000.0],
                        "voids": ["said \\"no\\"\\u000a\\\\"]
                      },
                      "mandate": {
                        "samples": [],
                        "voids": []
                      }
                    }]
                }
                """);
    }

    @Test
    void everyMetricHasItsOwnId() {
        assertThat(Metrics.ALL.stream().map(Metric::id)).doesNotHaveDuplicates().hasSizeGreaterThan(50);
    }

    @Test
    void everyRowHasAMetric() {
        assertThat(Metrics.ALL.stream().map(Metric::row)).contains(Row.values());
    }

    private void addRounds(Product product, double... values) {
        for (double value : values) {
            results.add(product, METRIC, value);
        }
    }
}
