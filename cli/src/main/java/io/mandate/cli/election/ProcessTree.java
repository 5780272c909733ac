package io.mandate.cli.election;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A command's process and what it has started, and these, however they are related by now.
 *
 * <p>A process whose parent has ended is no descendant any more. On Linux it is found all the same: by the run's id in
 * the environment that it inherited, or by the session, if the command began one. Only a process that has left the
 * session and has cleared its environment, or does not let it be read, and whose parent has ended, is not found. On
 * other systems only descendants are, and those that were when this looked before. One thread at a time.
 */
final class ProcessTree {
    private static final Path ALL = Path.of("/proc");

    private final Process root;
    private final String run;
    private final boolean isSession;
    private final boolean isLinux;
    private final long startTicks;
    private final Set<ProcessHandle> descendants = new LinkedHashSet<>();

    /**
     * The tree of a process that was started just now.
     *
     * @param run what the environment of all of them contains, and of no others
     * @param isSession whether the process has begun a session
     */
    ProcessTree(Process root, String run, boolean isSession) {
        this.root = root;
        this.run = run;
        this.isSession = isSession;
        this.isLinux = LinuxTools.isLinux();
        // If it has ended by now, what it has left is looked for among all.
        this.startTicks =
                ProcessStatus.of(root.pid()).map(ProcessStatus::startTicks).orElse(0L);
    }

    /** Those that run now. */
    List<ProcessHandle> running() {
        if (!isLinux) {
            descendants.add(root.toHandle());
            root.descendants().forEach(descendants::add);
            descendants.removeIf(process -> !process.isAlive());
            return List.copyOf(descendants);
        }
        return pids().stream()
                .map(ProcessHandle::of)
                .flatMap(Optional::stream)
                .filter(this::isRunning)
                .toList();
    }

    /** False also for what has ended, but is waited for by its parent. */
    boolean isRunning(ProcessHandle process) {
        return process.isAlive()
                && (!isLinux
                        || ProcessStatus.of(process.pid())
                                .map(status -> !status.ended())
                                .orElse(false));
    }

    private Set<Long> pids() {
        Map<Long, ProcessStatus> candidates = candidates();
        Set<Long> tree = new HashSet<>();
        candidates.forEach((pid, status) -> {
            boolean isRoot = pid == root.pid() && root.isAlive();
            if (isRoot || (isSession && status.session() == root.pid()) || hasRun(pid)) {
                tree.add(pid);
            }
        });
        while (addChildren(candidates, tree)) {
            // Until there are no more of them.
        }
        return tree;
    }

    private static boolean addChildren(Map<Long, ProcessStatus> candidates, Set<Long> tree) {
        boolean found = false;
        for (Map.Entry<Long, ProcessStatus> candidate : candidates.entrySet()) {
            if (tree.contains(candidate.getValue().parent()) && tree.add(candidate.getKey())) {
                found = true;
            }
        }
        return found;
    }

    /** All that run and are no older than the command. */
    private Map<Long, ProcessStatus> candidates() {
        Map<Long, ProcessStatus> candidates = new HashMap<>();
        for (long pid : allPids()) {
            ProcessStatus.of(pid)
                    .filter(status -> !status.ended() && status.startTicks() >= startTicks)
                    .ifPresent(status -> candidates.put(pid, status));
        }
        candidates.remove(ProcessHandle.current().pid());
        return candidates;
    }

    private static List<Long> allPids() {
        List<Long> pids = new ArrayList<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(ALL, "[0-9]*")) {
            processes.forEach(
                    process -> pids.add(Long.parseLong(process.getFileName().toString())));
        } catch (IOException | DirectoryIteratorException unreadable) {
            throw new IllegalStateException(
                    "the processes of a command cannot be found, because /proc cannot be read: mount it", unreadable);
        }
        return pids;
    }

    private boolean hasRun(long pid) {
        try {
            byte[] environment = Files.readAllBytes(ALL.resolve(pid + "/environ"));
            return new String(environment, StandardCharsets.ISO_8859_1).contains(run);
        } catch (IOException anothersOrGone) {
            return false;
        }
    }
}
