package io.mandate.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a JVM holds at a moment: its threads and, where the system tells them, its open files. */
public final class Footprint {
    private static final long WAIT_SECONDS_MAX = 15;

    /** Of the JVM and not of a node: they are shared by all nodes, or tests, and stay. */
    private static final List<String> SHARED_THREADS = List.of(
            "JRaft-Group-Default-Executor",
            "JRaft-Closure-Executor",
            "append-answers-",
            "JRaft-ElectionTimer",
            "JRaft-VoteTimer",
            "JRaft-StepDownTimer",
            "JRaft-SnapshotTimer",
            "JRaft-Node-ScheduleThreadPool",
            "globalEventExecutor",
            "grpc-",
            "ForkJoinPool",
            "CompletableFutureDelayScheduler",
            "Cleaner",
            "process reaper",
            "HttpClient",
            "junit");

    private final Set<Thread> threads = threads();
    private final List<String> files = files();

    private Footprint() {}

    public static Footprint now() {
        return new Footprint();
    }

    private static Set<Thread> threads() {
        return new HashSet<>(Thread.getAllStackTraces().keySet());
    }

    private List<String> newThreads() {
        return threads().stream()
                .filter(thread -> thread.isAlive() && !threads.contains(thread))
                .map(Thread::getName)
                .filter(name -> SHARED_THREADS.stream().noneMatch(name::startsWith))
                .sorted()
                .toList();
    }

    /**
     * By kind, as the numbers in their names are never the same: selectors, sockets, and files by their paths. Classes
     * are read from archives as needed.
     */
    private static List<String> files() {
        Path descriptors = Path.of("/proc/self/fd");
        if (!Files.isDirectory(descriptors)) {
            return List.of();
        }
        try (Stream<Path> open = Files.list(descriptors)) {
            return open.map(Footprint::target)
                    .filter(target -> !target.isEmpty() && !target.endsWith(".jar") && !target.startsWith("/proc/"))
                    .map(target -> target.replaceAll("\\[\\d+\\]", ""))
                    .collect(Collectors.toCollection(ArrayList::new));
        } catch (IOException unreadable) {
            throw new AssertionError(unreadable);
        }
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException closedMeanwhile) {
            return "";
        }
    }

    private List<String> newFiles() {
        List<String> now = files();
        for (String known : files) {
            now.remove(known);
        }
        return now;
    }

    /** Waits until what has been added since is gone: threads that were told to end need a moment. */
    public void awaitNothingNew() {
        long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS_MAX);
        while (!newThreads().isEmpty() || !newFiles().isEmpty()) {
            if (System.nanoTime() - deadlineNanos > 0) {
                throw new AssertionError("left behind: threads " + newThreads() + ", files " + newFiles());
            }
            LockSupport.parkNanos(5_000_000);
        }
    }
}
