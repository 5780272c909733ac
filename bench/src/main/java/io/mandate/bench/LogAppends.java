package io.mandate.bench;

import io.mandate.server.log.SegmentLog;
import io.mandate.server.log.SegmentLogOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;

/**
 * Appends of 200 bytes to the log of a node, one at a time by one thread for each group: how many a second, and how
 * long one takes.
 *
 * <pre>java -cp "bench/target/classes:$(cat bench/target/class-path)" io.mandate.bench.LogAppends [DIRECTORY [SECONDS]]
 * </pre>
 */
final class LogAppends {
    private static final int ENTRY_BYTES = 200;
    private static final int KEPT = 100_000;
    private static final int[] GROUPS = {1, 16, 64};

    private LogAppends() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        Path parent = arguments.length > 0 ? Path.of(arguments[0]) : Path.of(System.getProperty("java.io.tmpdir"));
        long seconds = arguments.length > 1 ? Long.parseLong(arguments[1]) : 3;
        System.out.println("groups  appends/s  p50 us  p99 us");
        for (int groups : GROUPS) {
            measure(parent, groups, 1);
            Histogram micros = measure(parent, groups, seconds);
            System.out.printf(
                    "%6d  %9d  %6d  %6d%n",
                    groups,
                    micros.getTotalCount() / seconds,
                    micros.getValueAtPercentile(50),
                    micros.getValueAtPercentile(99));
        }
    }

    private static Histogram measure(Path parent, int groups, long seconds) throws IOException, InterruptedException {
        Path directory = Files.createTempDirectory(parent, "log-appends");
        Histogram all = new Histogram(3);
        try (SegmentLog log = SegmentLog.open(directory, SegmentLogOptions.forGroups(groups, true))) {
            long untilNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
            List<Thread> threads = new ArrayList<>();
            for (int group = 0; group < groups; group++) {
                int its = group;
                Thread thread = new Thread(() -> {
                    Histogram micros = append(log, its, untilNanos);
                    synchronized (all) {
                        all.add(micros);
                    }
                });
                thread.start();
                threads.add(thread);
            }
            for (Thread thread : threads) {
                thread.join();
            }
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
        return all;
    }

    private static Histogram append(SegmentLog log, int group, long untilNanos) {
        Histogram micros = new Histogram(3);
        List<byte[]> entry = List.of(new byte[ENTRY_BYTES]);
        long index = 1;
        for (long now = System.nanoTime(); now - untilNanos < 0; index++) {
            log.append(group, index, entry);
            if (index % KEPT == 0) {
                log.truncatePrefix(group, index - KEPT / 2);
            }
            long then = System.nanoTime();
            micros.recordValue((then - now) / 1_000);
            now = then;
        }
        return micros;
    }
}
