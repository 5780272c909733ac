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
 * A process that appends to a log with a thread for each group, and says what was acknowledged; and what it had said
 * when it was killed. The last it said of a group may be behind by one call.
 */
final class LogProcess implements AutoCloseable {
    private static final int GROUPS = 4;
    private static final int KEPT = 60;
    private static final SegmentLogOptions OPTIONS = new SegmentLogOptions(GROUPS, 64 << 10, 4, true);

    private final Process process;
    private final Thread reading;
    private final AtomicInteger calls = new AtomicInteger();

    /** What earlier processes were heard to have had acknowledged. */
    private final Heard heard;

    /** Of each group, the first entry that must still be there, or may be gone; and the last that must be there. */
    static final class Heard {
        private final AtomicLongArray first = new AtomicLongArray(GROUPS);
        private final AtomicLongArray last = new AtomicLongArray(GROUPS);
    }

    LogProcess(Path directory, Heard heard) throws IOException {
        this.heard = heard;
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
        this.reading = new Thread(this::read, "acknowledged");
        reading.start();
    }

    private void read() {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] words = line.split(" ", 5);
                if (words.length == 4 && words[3].equals(".")) { // else the process was killed while it said it
                    int group = Integer.parseInt(words[1]);
                    (words[0].equals("appended") ? heard.last : heard.first).set(group, Long.parseLong(words[2]));
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

    /** Returns when so many calls were acknowledged. */
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

    /** Kills it with -9 and returns when everything it said has been heard. */
    @Override
    public void close() {
        process.toHandle().destroyForcibly(); // the process's own method would close the stream with what was said last
        try {
            process.waitFor();
            reading.join();
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }

    /** AssertionError if anything that was acknowledged is not there, or anything is that was not written. */
    static long check(Path directory, Heard heard) {
        long entries = 0;
        try (SegmentLog log = SegmentLog.open(directory, OPTIONS)) {
            for (int group = 0; group < GROUPS; group++) {
                long first = log.firstIndex(group);
                long last = log.lastIndex(group);
                long leastLast = heard.last.get(group);
                if (first < heard.first.get(group)
                        || first > Math.max(1, leastLast)
                        || last < leastLast
                        || last > leastLast + 1) {
                    throw new AssertionError("group " + group + " has entries from " + first + " to " + last
                            + ", acknowledged were those from " + heard.first.get(group) + " to " + leastLast);
                }
                for (long index = first; index <= last; index++) {
                    if (!Arrays.equals(log.read(group, index).orElse(null), entry(group, index))) {
                        throw new AssertionError("entry " + index + " of group " + group + " is not what was written");
                    }
                    entries++;
                }
                heard.last.set(group, last);
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
            int its = group;
            new Thread(() -> appendForEver(log, its, out)).start();
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
