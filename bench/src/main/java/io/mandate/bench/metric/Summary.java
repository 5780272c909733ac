package io.mandate.bench.metric;

import java.util.List;
import java.util.Optional;

/** Median and extremes of the samples of one metric, in the metric's unit. */
public record Summary(double median, double min, double max, int count) {

    /** Empty if there are no values. */
    static Optional<Summary> of(List<Double> values) {
        if (values.isEmpty()) {
            return Optional.empty();
        }
        double[] sorted =
                values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        int middle = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return Optional.of(new Summary(median, sorted[0], sorted[sorted.length - 1], sorted.length));
    }

    /** Median over median; empty unless both are there and the divisor is positive: a ratio to nothing says nothing. */
    public static Optional<Double> ratio(Optional<Summary> dividend, Optional<Summary> divisor) {
        if (dividend.isEmpty() || divisor.isEmpty() || divisor.get().median <= 0) {
            return Optional.empty();
        }
        return Optional.of(dividend.get().median / divisor.get().median);
    }
}
