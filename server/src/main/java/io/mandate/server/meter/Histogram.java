package io.mandate.server.meter;

import java.util.Arrays;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;

/** A histogram with fixed bucket bounds. Thread-safe. */
public final class Histogram {
    private final double[] bounds;
    private final LongAdder[] counts;
    private final DoubleAdder sum = new DoubleAdder();

    private Histogram(double[] bounds) {
        this.bounds = bounds;
        this.counts = new LongAdder[bounds.length + 1];
        Arrays.setAll(counts, i -> new LongAdder());
    }

    /**
     * Creates a histogram with {@code buckets} bounds, the first one {@code first}, each further one {@code factor}
     * times the one before.
     */
    public static Histogram exponential(double first, double factor, int buckets) {
        double[] bounds = new double[buckets];
        double bound = first;
        for (int i = 0; i < buckets; i++) {
            bounds[i] = bound;
            bound *= factor;
        }
        return new Histogram(bounds);
    }

    /** Records a value. */
    public void observe(double value) {
        int i = Arrays.binarySearch(bounds, value);
        counts[i >= 0 ? i : -i - 1].increment();
        sum.add(value);
    }

    /** Records a duration in nanoseconds as seconds. */
    public void observeNanos(long nanos) {
        observe(nanos / 1e9);
    }

    /** The number of values recorded. */
    public long count() {
        return Arrays.stream(counts).mapToLong(LongAdder::sum).sum();
    }

    /** Appends a series in Prometheus' text format, whose buckets are cumulative. */
    void append(StringBuilder text, String name, Labels labels) {
        long cumulative = 0;
        for (int i = 0; i < counts.length; i++) {
            cumulative += counts[i].sum();
            String bound = i < bounds.length ? TextMetrics.number(bounds[i]) : "+Inf";
            TextMetrics.line(text, name + "_bucket", labels.and("le", bound), Long.toString(cumulative));
        }
        TextMetrics.line(text, name + "_sum", labels, TextMetrics.number(sum.sum()));
        TextMetrics.line(text, name + "_count", labels, Long.toString(cumulative));
    }
}
