package io.mandate.server.log;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * A process that appends to a log with a thread for each group and prints each acknowledged call. The output read
 * before a kill may be behind by one call of each group.
 */
final class LogProcess implements AutoCloseable {
    private static final int GROUPS = 4;
    private static final int KEPT = 60;
    private static final SegmentLogOptions OPTIONS = new SegmentLogOptions(GROUPS, 64 << 10, 4, true);

    private final Process process;
    private final Thread reader;
    private final AtomicInteger calls = new AtomicInteger();

    /** The acknowledged state of earlier processes. */
    private final Acknowledged acknowledged;

    /** For each group, the lower bound of the first entry, and the last entry that must exist. */
    static final class Acknowledged {
        private final AtomicLongArray first = new AtomicLongArray(GROUPS);
        private final AtomicLongArray last = new AtomicLongArray(GROUPS);
    }

    LogProcess(Path directory, Acknowledged acknowledged) throws IOException {
        this.acknowledged = acknowledged;
        this.process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        LogProcess.class.getName(),
                        directory.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        this.reader = new Thread(this::read, "acknowledged");
        reader.start();
    }

    private void read() {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] words = line.split(" ", 5);
                // otherwise the process was killed while it printed the line
                if (words.length == 4 && words[3].equals(".")) {
                    int group = Integer.parseInt(words[1]);
                    (words[0].equals("appended") ? acknowledged.last : acknowledged.first)
                            .set(group, Long.parseLong(words[2]));
                    calls.incrementAndGet();
                }
            }
        } catch (IOException ended) {
            // The process was killed.
        }
    }

    long pid() {
        return process.pid();
    }

    /** Returns when {@code count} calls were acknowledged. */
    void awaitCalls(int count) {
        long deadlineNanos = System.nanoTime() + 60_000_000_000L;
        while (calls.get() < count) {
            if (!process.isAlive() || System.nanoTime() - deadlineNanos > 0) {
                throw new AssertionError(
                        "only " + calls + " of " + count + " calls, process alive: " + process.isAlive());
            }
            Thread.onSpinWait();
        }
    }

    /** Kills the process with SIGKILL, and returns when all its output was read. */
    @Override
    public void close() {
        // Process.destroyForcibly would close the stream before the last output was read
        process.toHandle().destroyForcibly();
        try {
            process.waitFor();
            reader.join();
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }

    /**
     * Checks that the log has all acknowledged entries, and only entries that were written.
     *
     * @throws AssertionError otherwise
     */
    static long check(Path directory, Acknowledged acknowledged) {
        long entries = 0;
        try (SegmentLog log = SegmentLog.open(directory, OPTIONS)) {
            for (int group = 0; group < GROUPS; group++) {
                long first = log.firstIndex(group);
                long last = log.lastIndex(group);
                long lastAcknowledged = acknowledged.last.get(group);
                if (first < acknowledged.first.get(group)
                        || first > Math.max(1, lastAcknowledged)
                        || last < lastAcknowledged
                        || last > lastAcknowledged + 1) {
                    throw new AssertionError("group " + group + " has entries from " + first + " to " + last
                            + ", acknowledged were those from " + acknowledged.first.get(group) + " to "
                            + lastAcknowledged);
                }
                for (long index = first; index <= last; index++) {
                    if (!Arrays.equals(log.read(group, index).orElse(null), entry(group, index))) {
                        throw new AssertionError("entry " + index + " of group " + group + " is not what was written");
                    }
                    entries++;
                }
                acknowledged.last.set(group, last);
            }
        }
        return entries;
    }

    private static byte[] entry(int group, long index) {
        byte[] entry = new byte[16 + (int) (index * 37 % 500)];
        new SplittableRandom(group * 1_000_003L + index).nextBytes(entry);
        ByteBuffer.wrap(entry).putLong(group).putLong(index);
        return entry;
    }

    public static void main(String[] arguments) {
        SegmentLog log = SegmentLog.open(Path.of(arguments[0]), OPTIONS);
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.US_ASCII);
        for (int group = 0; group < GROUPS; group++) {
            int ownGroup = group;
            new Thread(() -> appendForEver(log, ownGroup, out)).start();
        }
    }

    private static void appendForEver(SegmentLog log, int group, PrintStream out) {
        while (true) {
            long index = log.lastIndex(group) + 1;
            log.append(group, index, List.of(entry(group, index)));
            out.print("appended " + group + " " + index + " .\n");
            if (index % KEPT == 0) {
                log.truncatePrefix(group, index - KEPT / 2);
                out.print("dropped " + group + " " + (index - KEPT / 2) + " .\n");
            }
        }
    }
}
