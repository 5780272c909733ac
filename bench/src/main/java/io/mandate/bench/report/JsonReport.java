package io.mandate.bench.report;

import io.mandate.bench.metric.Metric;
import io.mandate.bench.metric.Metrics;
import io.mandate.bench.metric.Product;
import io.mandate.bench.metric.Results;
import io.mandate.bench.metric.Summary;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The same for machines: every sample, so that nobody has to trust the medians. */
public final class JsonReport {
    private JsonReport() {}

    /**
     * All samples as JSON.
     *
     * @param facts about the machine, the servers and the settings, printed as they are
     */
    public static String render(Map<String, String> facts, Results results) {
        Map<String, Object> root = new LinkedHashMap<>();
        root.put("facts", facts);
        results.othersCores().ifPresent(others -> root.put("othersCores", others.median()));
        List<Object> metrics = new ArrayList<>();
        Metrics.ALL.stream().filter(results::hasAny).forEach(metric -> metrics.add(metricOf(results, metric)));
        root.put("metrics", metrics);
        StringBuilder text = new StringBuilder();
        write(root, text, 0);
        return text.append('\n').toString();
    }

    private static Map<String, Object> metricOf(Results results, Metric metric) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("id", metric.id());
        fields.put("row", metric.row().id());
        fields.put("work", metric.work());
        fields.put("quantity", metric.quantity());
        fields.put("unit", metric.unit());
        fields.put("goal", metric.goal().text(metric.unit()));
        fields.put(
                "verdict",
                metric.goal()
                        .judge(results.summary(Product.ETCD, metric), results.summary(Product.MANDATE, metric))
                        .name()
                        .toLowerCase(Locale.ROOT));
        Summary.ratio(results.summary(Product.MANDATE, metric), results.summary(Product.ETCD, metric))
                .ifPresent(ratio -> fields.put("ratio", ratio));
        for (Product product : Product.values()) {
            Map<String, Object> side = new LinkedHashMap<>();
            results.summary(product, metric).ifPresent(summary -> {
                side.put("median", summary.median());
                side.put("min", summary.min());
                side.put("max", summary.max());
            });
            side.put("samples", results.values(product, metric));
            side.put("voids", results.voids(product, metric));
            fields.put(product.title().toLowerCase(Locale.ROOT), side);
        }
        return fields;
    }

    private static void write(Object value, StringBuilder text, int depth) {
        if (value instanceof Map<?, ?> map) {
            writeMap(map, text, depth);
        } else if (value instanceof List<?> list) {
            text.append('[');
            String separator = "";
            for (Object element : list) {
                text.append(separator);
                write(element, text, depth + 1);
                separator = ", ";
            }
            text.append(']');
        } else if (value instanceof Number) {
            text.append(value);
        } else {
            writeString(String.valueOf(value), text);
        }
    }

    private static void writeMap(Map<?, ?> map, StringBuilder text, int depth) {
        text.append('{');
        String separator = "";
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            text.append(separator).append('\n').append("  ".repeat(depth + 1));
            writeString(String.valueOf(entry.getKey()), text);
            text.append(": ");
            write(entry.getValue(), text, depth + 1);
            separator = ",";
        }
        text.append('\n').append("  ".repeat(depth)).append('}');
    }

    private static void writeString(String value, StringBuilder text) {
        text.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                text.append('\\').append(c);
            } else if (c < ' ') {
                text.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            } else {
                text.append(c);
            }
        }
        text.append('"');
    }
}
