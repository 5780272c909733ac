package io.mandate.bench.report;

import io.mandate.bench.metric.Goal;
import io.mandate.bench.metric.Metric;
import io.mandate.bench.metric.Metrics;
import io.mandate.bench.metric.Product;
import io.mandate.bench.metric.Results;
import io.mandate.bench.metric.Summary;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The table for people: one line per metric with median, extremes, ratio and goal. */
public final class Table {
    private static final String VOID_MARK = "void";
    private static final List<String> HEADING =
            List.of("work", "quantity", "unit", "etcd (min-max)", "Mandate (min-max)", "ratio", "goal", "verdict");

    private Table() {}

    public static String render(Results results) {
        List<List<String>> lines = new ArrayList<>();
        lines.add(HEADING);
        Set<String> reasons = new TreeSet<>();
        for (Metric metric : Metrics.ALL) {
            if (results.hasAny(metric)) {
                lines.add(line(results, metric));
                for (Product product : Product.values()) {
                    results.voids(product, metric)
                            .forEach(reason -> reasons.add(product.title() + ", " + metric.work() + ": " + reason));
                }
            }
        }
        StringBuilder text = new StringBuilder(align(lines));
        results.othersCores()
                .ifPresent(others -> text.append("\nOther processes used ")
                        .append(number(others.median()))
                        .append(" cores (")
                        .append(number(others.min()))
                        .append('-')
                        .append(number(others.max()))
                        .append(") while loops were measured.\n"));
        if (!reasons.isEmpty()) {
            text.append("\nVoid measurements, which count nowhere:\n");
            reasons.forEach(reason -> text.append("  ").append(reason).append('\n'));
        }
        return text.toString();
    }

    private static List<String> line(Results results, Metric metric) {
        Optional<Summary> etcd = results.summary(Product.ETCD, metric);
        Optional<Summary> mandate = results.summary(Product.MANDATE, metric);
        Goal.Verdict verdict = metric.goal().judge(etcd, mandate);
        return List.of(
                metric.work(),
                metric.quantity(),
                metric.unit(),
                cell(results, Product.ETCD, metric),
                cell(results, Product.MANDATE, metric),
                Summary.ratio(mandate, etcd).map(Table::number).orElse(""),
                metric.goal().text(metric.unit()),
                verdict == Goal.Verdict.OPEN ? "" : verdict.name().toLowerCase(Locale.ROOT));
    }

    private static String cell(Results results, Product product, Metric metric) {
        String text = results.summary(product, metric)
                .map(summary -> summary.count() == 1
                        ? number(summary.median())
                        : number(summary.median()) + " (" + number(summary.min()) + "-" + number(summary.max()) + ")")
                .orElse("");
        int voids = results.voids(product, metric).size();
        return voids == 0 ? text : (text + " " + voids + " " + VOID_MARK).strip();
    }

    /** Three significant digits, without an exponent. */
    static String number(double value) {
        double magnitude = Math.abs(value);
        int decimals = magnitude >= 100 ? 0 : magnitude >= 10 ? 1 : magnitude >= 1 ? 2 : 3;
        return String.format(Locale.ROOT, "%." + decimals + "f", value);
    }

    private static String align(List<List<String>> lines) {
        int columns = HEADING.size();
        int[] widths = new int[columns];
        for (List<String> line : lines) {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], line.get(i).length());
            }
        }
        StringBuilder text = new StringBuilder();
        for (List<String> line : lines) {
            StringBuilder padded = new StringBuilder();
            for (int i = 0; i < columns; i++) {
                padded.append(line.get(i))
                        .append(" ".repeat(widths[i] - line.get(i).length() + 2));
            }
            text.append(padded.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }
}
