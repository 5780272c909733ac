package io.mandate.bench.metric;

import java.util.Locale;

/**
 * One line of the table.
 *
 * @param row what has to be run to get it
 * @param work what is done, such as {@code CAS, 64 outstanding}
 * @param quantity what is measured, such as {@code p99}
 * @param unit of every sample
 * @param goal Mandate's
 */
public record Metric(Row row, String work, String quantity, String unit, Goal goal) {

    /** Stable name for machines. */
    public String id() {
        return (work + " " + quantity).toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
    }
}
