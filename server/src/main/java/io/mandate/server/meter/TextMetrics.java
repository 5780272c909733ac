package io.mandate.server.meter;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.DoubleSupplier;

/**
 * Metrics in Prometheus' text format, version 0.0.4, with exactly the given names. The Prometheus library has naming
 * rules that etcd's names violate: counters without {@code _total}, gauges with it. Thread-safe.
 */
public final class TextMetrics {
    private enum Type {
        COUNTER,
        GAUGE,
        HISTOGRAM
    }

    private interface Series {
        void append(StringBuilder text, String name);
    }

    private record Family(Type type, String help, List<Series> series) {}

    private final Map<String, Family> families = new TreeMap<>();

    /** Adds a counter. A NaN value is omitted. */
    public void counter(String name, String help, Labels labels, DoubleSupplier value) {
        add(Type.COUNTER, name, help, number(labels, value));
    }

    /** Adds a gauge. A NaN value is omitted. */
    public void gauge(String name, String help, Labels labels, DoubleSupplier value) {
        add(Type.GAUGE, name, help, number(labels, value));
    }

    /** Adds a histogram. */
    public void histogram(String name, String help, Labels labels, Histogram histogram) {
        add(Type.HISTOGRAM, name, help, (text, family) -> histogram.append(text, family, labels));
    }

    /** Adds a histogram that is omitted until it has a value, for one of many series of which most stay empty. */
    public void histogramUnlessEmpty(String name, String help, Labels labels, Histogram histogram) {
        add(Type.HISTOGRAM, name, help, (text, family) -> {
            if (histogram.count() > 0) {
                histogram.append(text, family, labels);
            }
        });
    }

    private static Series number(Labels labels, DoubleSupplier value) {
        return (text, name) -> {
            double now = value.getAsDouble();
            if (!Double.isNaN(now)) {
                line(text, name, labels, number(now));
            }
        };
    }

    private synchronized void add(Type type, String name, String help, Series series) {
        Family family = families.computeIfAbsent(name, unknown -> new Family(type, help, new ArrayList<>()));
        if (family.type != type) {
            throw new IllegalArgumentException(name + " is a " + family.type + " and not a " + type);
        }
        family.series.add(series);
    }

    /** The current values of all metrics. */
    public synchronized String text() {
        StringBuilder text = new StringBuilder();
        families.forEach((name, family) -> {
            text.append("# HELP ").append(name).append(' ').append(family.help).append('\n');
            text.append("# TYPE ").append(name).append(' ');
            text.append(family.type.name().toLowerCase(Locale.ROOT)).append('\n');
            family.series.forEach(series -> series.append(text, name));
        });
        return text.toString();
    }

    static void line(StringBuilder text, String name, Labels labels, String value) {
        text.append(name);
        if (!labels.text().isEmpty()) {
            text.append('{').append(labels.text()).append('}');
        }
        text.append(' ').append(value).append('\n');
    }

    /** Formats a number without the digits of rounding errors: bucket bounds are part of a series' identity. */
    static String number(double value) {
        if (value == Math.rint(value) && Math.abs(value) < 1e15) {
            return Long.toString((long) value);
        }
        return Double.isInfinite(value)
                ? (value > 0 ? "+Inf" : "-Inf")
                : new BigDecimal(value, new MathContext(12))
                        .stripTrailingZeros()
                        .toPlainString();
    }
}
