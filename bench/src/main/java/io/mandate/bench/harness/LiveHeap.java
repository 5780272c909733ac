package io.mandate.bench.harness;

import io.mandate.bench.metric.Product;
import io.mandate.verify.process.ClusterNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is still referenced after a full collection, in bytes: resident memory also holds what the collector has not
 * looked at.
 */
public final class LiveHeap {
    /** etcd serves its profiler, which can be asked to collect first, only with this flag. */
    public static final String ETCD_FLAG = "--enable-pprof";

    private static final Pattern GO_HEAP =
            Pattern.compile("^go_memstats_heap_alloc_bytes ([0-9.e+]+)$", Pattern.MULTILINE);
    private static final Pattern JVM_HISTOGRAM_TOTAL = Pattern.compile("^Total\\s+\\d+\\s+(\\d+)", Pattern.MULTILINE);
    private static final int TIMEOUT_MILLIS = 60_000;

    private LiveHeap() {}

    public static long bytes(Product product, ClusterNode node) throws IOException, InterruptedException {
        return switch (product) {
            case ETCD -> {
                get(node.clientUrl() + "/debug/pprof/heap?gc=1");
                yield parseGoMetrics(get(node.clientUrl() + "/metrics"));
            }
            case MANDATE -> parseHistogram(classHistogram(node.process().pid()));
        };
    }

    static long parseGoMetrics(String metrics) {
        Matcher matcher = GO_HEAP.matcher(metrics);
        if (!matcher.find()) {
            throw new IllegalStateException("no heap size among the metrics");
        }
        return (long) Double.parseDouble(matcher.group(1));
    }

    /** The histogram counts live objects only, for which the JVM runs a full collection. */
    static long parseHistogram(String histogram) {
        Matcher matcher = JVM_HISTOGRAM_TOTAL.matcher(histogram);
        if (!matcher.find()) {
            throw new IllegalStateException("no total in the class histogram");
        }
        return Long.parseLong(matcher.group(1));
    }

    private static String classHistogram(long pid) throws IOException, InterruptedException {
        Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        Process process = new ProcessBuilder(jcmd.toString(), Long.toString(pid), "GC.class_histogram")
                .redirectErrorStream(true)
                .start();
        try (InputStream output = process.getInputStream()) {
            String text = new String(output.readAllBytes(), StandardCharsets.UTF_8);
            int code = process.waitFor();
            if (code != 0) {
                throw new IllegalStateException("jcmd ended with code " + code + ": " + text);
            }
            return text;
        }
    }

    public static String get(String url) throws IOException {
        URLConnection connection = URI.create(url).toURL().openConnection();
        connection.setConnectTimeout(TIMEOUT_MILLIS);
        connection.setReadTimeout(TIMEOUT_MILLIS);
        try (InputStream body = connection.getInputStream()) {
            return new String(body.readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }
}
