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

/** The resources of the JVM at one moment: its threads and, where the system reports them, its open files. */
public final class Footprint {
    private static final long WAIT_SECONDS_MAX = 15;

    /** Threads of the JVM, shared by all nodes or tests; they stay. */
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
     * The open files without the numbers in their names, which are never the same: selectors, sockets, and files by
     * their paths. Jars are omitted, since classes are loaded lazily.
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

    /** Waits until all threads and files since then are released: threads take a moment to end. */
    public void awaitReleased() {
        long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS_MAX);
        while (!newThreads().isEmpty() || !newFiles().isEmpty()) {
            if (System.nanoTime() - deadlineNanos > 0) {
                throw new AssertionError("not released: threads " + newThreads() + ", files " + newFiles());
            }
            LockSupport.parkNanos(5_000_000);
        }
    }
}
