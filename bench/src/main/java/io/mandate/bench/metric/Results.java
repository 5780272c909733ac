package io.mandate.bench.metric;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What was measured, by product and metric. A measurement with errors, or in which nothing happened, is void: it is
 * kept with its reason and takes no part in medians. Not thread-safe.
 */
public final class Results {
    private final Map<Product, Map<Metric, List<Double>>> values = new EnumMap<>(Product.class);
    private final Map<Product, Map<Metric, List<String>>> voids = new EnumMap<>(Product.class);

    private final List<Double> othersCores = new ArrayList<>();

    /** What processes without a part in the measurement used in one window, in cores. */
    public void addOthersCores(double cores) {
        othersCores.add(cores);
    }

    /** The more it is, the less the figures mean. */
    public Optional<Summary> othersCores() {
        return Summary.of(othersCores);
    }

    public void add(Product product, Metric metric, double value) {
        if (!Double.isFinite(value)) {
            addVoid(product, metric, "measured " + value);
            return;
        }
        series(values, product, metric).add(value);
    }

    public void addVoid(Product product, Metric metric, String reason) {
        series(voids, product, metric).add(reason);
    }

    /** In the order of measuring. */
    public List<Double> values(Product product, Metric metric) {
        return List.copyOf(series(values, product, metric));
    }

    /** Why measurements do not count, in the order of measuring. */
    public List<String> voids(Product product, Metric metric) {
        return List.copyOf(series(voids, product, metric));
    }

    public Optional<Summary> summary(Product product, Metric metric) {
        return Summary.of(series(values, product, metric));
    }

    public boolean hasAny(Metric metric) {
        for (Product product : Product.values()) {
            if (!series(values, product, metric).isEmpty()
                    || !series(voids, product, metric).isEmpty()) {
                return true;
            }
        }
        return false;
    }

    public int voidCount() {
        return voids.values().stream()
                .flatMap(series -> series.values().stream())
                .mapToInt(List::size)
                .sum();
    }

    /** Whether this proves less than it should: something does not count, or nothing was measured at all. */
    public boolean isVoid() {
        boolean nothing = values.values().stream()
                .flatMap(series -> series.values().stream())
                .allMatch(List::isEmpty);
        return nothing || voidCount() > 0;
    }

    private static <T> List<T> series(Map<Product, Map<Metric, List<T>>> all, Product product, Metric metric) {
        return all.computeIfAbsent(product, unused -> new LinkedHashMap<>())
                .computeIfAbsent(metric, unused -> new ArrayList<>());
    }
}
