package io.mandate.verify.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * One incarnation of a server: an operating-system process from its start to its end, with its log file. Thread-safe.
 *
 * <p>Every signal goes to this process's own id. Whatever still runs when the JVM ends is killed by a shutdown hook,
 * and nothing else is.
 */
public final class ServerProcess implements AutoCloseable {
    /** What both servers print, somewhere in a line, once they serve. */
    public static final String READY_LINE = "ready to serve client requests";

    private static final int TAIL_LINES = 40;
    private static final Duration POLL = Duration.ofMillis(5);
    private static final Duration KILL_DEADLINE = Duration.ofSeconds(10);
    private static final Duration STOP_DEADLINE = Duration.ofSeconds(10);

    /** USER_HZ: the unit of /proc/PID/stat, 100 on every Linux that Java 17 runs on. */
    private static final double CLOCK_TICKS_PER_SECOND = 100.0;

    private static final Set<ServerProcess> LIVE = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(ServerProcess::killAllOfThisJvm, "server-process-reaper"));
    }

    private final String name;
    private final Process process;
    private final Path logFile;

    private ServerProcess(String name, Process process, Path logFile) {
        this.name = name;
        this.process = process;
        this.logFile = logFile;
    }

    /**
     * Starts a process whose output goes to {@code logFile}.
     *
     * @param name used in messages only
     * @throws UncheckedIOException if the program cannot be run
     */
    public static ServerProcess start(String name, List<String> command, Path workingDirectory, Path logFile) {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(workingDirectory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(logFile.toFile());
        // Both servers read flags from such variables; a test's flags must be all there is.
        builder.environment().keySet().removeIf(key -> key.startsWith("ETCD_") || key.startsWith("MANDATE_"));
        try {
            Process process = builder.start();
            process.getOutputStream().close();
            ServerProcess started = new ServerProcess(name, process, logFile);
            LIVE.add(started);
            return started;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start " + name + " by " + command.get(0), e);
        }
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    public Path logFile() {
        return logFile;
    }

    /** Whether the ready line was printed. */
    public boolean saysReady() {
        return logContains(READY_LINE);
    }

    /** Whether the log holds this text, anywhere. */
    public boolean logContains(String text) {
        return log().contains(text);
    }

    /**
     * Waits for the ready line.
     *
     * @throws IllegalStateException with the log's tail if the process ends first or the time is over
     */
    public void awaitReadyLine(Duration timeout) {
        long deadlineNanos = System.nanoTime() + timeout.toNanos();
        while (!saysReady()) {
            if (!process.isAlive() && !saysReady()) {
                throw new IllegalStateException(
                        name + " ended with code " + process.exitValue() + " before it was ready" + logTail());
            }
            if (System.nanoTime() - deadlineNanos > 0) {
                throw new IllegalStateException(name + " was not ready within " + timeout + logTail());
            }
            Pause.of(POLL);
        }
    }

    /** SIGKILL, and waits until the process is gone. No effect on a process that has ended. */
    public void kill9() {
        process.destroyForcibly();
        awaitExit(KILL_DEADLINE);
    }

    /** SIGTERM, without waiting. */
    public void terminate() {
        process.destroy();
    }

    /** SIGSTOP: the process keeps its sockets but does nothing from the return until {@link #resume()}. */
    public void suspend() {
        signal("STOP");
        long deadlineNanos = System.nanoTime() + STOP_DEADLINE.toNanos();
        while (!isStopped()) {
            if (!process.isAlive() || System.nanoTime() - deadlineNanos > 0) {
                throw new IllegalStateException(name + " is not stopped, alive: " + process.isAlive() + logTail());
            }
            Pause.of(POLL);
        }
    }

    /** The kernel stops one thread after the other, each when it next comes to run. */
    private boolean isStopped() {
        try (Stream<Path> threads = Files.list(Path.of("/proc", Long.toString(pid()), "task"))) {
            for (Path thread : threads.toList()) {
                String status = Files.readString(thread.resolve("stat"));
                if (!status.substring(status.lastIndexOf(')') + 2).startsWith("T")) {
                    return false;
                }
            }
            return true;
        } catch (IOException threadEnded) {
            return false;
        }
    }

    /** SIGCONT. */
    public void resume() {
        signal("CONT");
    }

    /**
     * Waits for the end and returns the exit code (128 + signal if a signal ended it).
     *
     * @throws IllegalStateException with the log's tail if it still runs when the time is over
     */
    public int awaitExit(Duration timeout) {
        try {
            if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException(name + " (pid " + pid() + ") still runs after " + timeout + logTail());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for the end of " + name, e);
        }
        LIVE.remove(this);
        return process.exitValue();
    }

    /** Resident memory now, in bytes. */
    public long residentBytes() {
        return status("VmRSS:") * 1024;
    }

    /** Threads now, the JVM's own among them. */
    public int threads() {
        return Math.toIntExact(status("Threads:"));
    }

    private long status(String field) {
        for (String line : procFile("status").split("\n", -1)) {
            if (line.startsWith(field)) {
                return Long.parseLong(line.replaceAll("[^0-9]", ""));
            }
        }
        throw new IllegalStateException(name + " has no " + field + " it is ending");
    }

    /** Processor time, user and system, spent since the start, in seconds. */
    public double cpuSeconds() {
        String stat = procFile("stat");
        // The second field is the program's name in parentheses and may hold blanks; utime and stime are fields 14 and
        // 15.
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / CLOCK_TICKS_PER_SECOND;
    }

    /** Program and arguments, separated by blanks. */
    public String commandLine() {
        return procFile("cmdline").replace('\0', ' ').strip();
    }

    /** The whole log so far. */
    public String log() {
        try {
            return Files.readString(logFile, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The log's last lines, with a heading, to be appended to a failure's message. */
    public String logTail() {
        List<String> lines = log().lines().toList();
        List<String> tail = lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size());
        return "\n--- end of the log of " + name + " ---\n" + String.join("\n", tail) + "\n---";
    }

    @Override
    public void close() {
        kill9();
    }

    private String procFile(String file) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(pid()), file));
        } catch (IOException e) {
            throw new IllegalStateException(name + " has ended" + logTail(), e);
        }
    }

    private void signal(String signal) {
        if (!process.isAlive()) {
            throw new IllegalStateException(name + " has ended" + logTail());
        }
        try {
            int code = new ProcessBuilder("kill", "-" + signal, Long.toString(pid()))
                    .inheritIO()
                    .start()
                    .waitFor();
            if (code != 0) {
                throw new IllegalStateException("kill -" + signal + " " + pid() + " failed");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while sending " + signal, e);
        }
    }

    private static void killAllOfThisJvm() {
        LIVE.forEach(server -> server.process.destroyForcibly());
    }
}
