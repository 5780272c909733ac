package io.mandate.server.meter;

import java.util.Arrays;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;

/** How often values were how large, in buckets with fixed bounds. Thread-safe. */
public final class Histogram {
    private final double[] bounds;
    private final LongAdder[] counts;
    private final DoubleAdder sum = new DoubleAdder();

    private Histogram(double[] bounds) {
        this.bounds = bounds;
        this.counts = new LongAdder[bounds.length + 1];
        Arrays.setAll(counts, place -> new LongAdder());
    }

    /** With so many bounds, each {@code factor} times the one before. */
    public static Histogram exponential(double first, double factor, int buckets) {
        double[] bounds = new double[buckets];
        double bound = first;
        for (int place = 0; place < buckets; place++) {
            bounds[place] = bound;
            bound *= factor;
        }
        return new Histogram(bounds);
    }

    /** Takes a value into account. */
    public void observe(double value) {
        int place = Arrays.binarySearch(bounds, value);
        counts[place >= 0 ? place : -place - 1].increment();
        sum.add(value);
    }

    /** Takes a duration into account, in seconds. */
    public void observeNanos(long nanos) {
        observe(nanos / 1e9);
    }

    /** How many values there were. */
    public long count() {
        return Arrays.stream(counts).mapToLong(LongAdder::sum).sum();
    }

    /** Appends the lines of a series in Prometheus' text format, whose buckets count all below them. */
    void append(StringBuilder text, String name, Labels labels) {
        long upTo = 0;
        for (int place = 0; place < counts.length; place++) {
            upTo += counts[place].sum();
            String bound = place < bounds.length ? TextMetrics.number(bounds[place]) : "+Inf";
            TextMetrics.line(text, name + "_bucket", labels.and("le", bound), Long.toString(upTo));
        }
        TextMetrics.line(text, name + "_sum", labels, TextMetrics.number(sum.sum()));
        TextMetrics.line(text, name + "_count", labels, Long.toString(upTo));
    }
}
