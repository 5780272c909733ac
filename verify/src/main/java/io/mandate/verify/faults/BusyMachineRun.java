package io.mandate.verify.faults;

import io.mandate.verify.process.ClusterNode;
import io.mandate.verify.process.Pause;
import io.mandate.verify.process.ProcessCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** A cluster under full load on a machine whose processors are also wanted by programs that never wait. */
public final class BusyMachineRun {
    /** Until the code of three JVMs is compiled, on processors that they have a share of. */
    private static final Duration HEATING = Duration.ofSeconds(20);

    private static final Duration BETWEEN_KILLS = Duration.ofSeconds(3);
    private static final Duration ERRORS_ALLOWED = Duration.ofSeconds(1);
    private static final Duration POLL = Duration.ofMillis(50);

    private BusyMachineRun() {}

    /**
     * What happened.
     *
     * @param elections changes of term
     * @param lateErrors puts that failed although they were sent more than a second after the last kill, or without one
     */
    public record Report(long acknowledged, long elections, long errors, List<String> lateErrors) {
        public Report {
            lateErrors = List.copyOf(lateErrors);
        }
    }

    /** Load and nothing else, for so long. */
    public static Report load(ProcessCluster cluster, int clients, int busyLoops, Duration duration) {
        try (BusyLoops loops = BusyLoops.start(busyLoops);
                SteadyLoad load = SteadyLoad.start(cluster, clients)) {
            Pause.of(HEATING);
            long termBefore = term(cluster);
            long acknowledgedBefore = load.acknowledged();
            Pause.of(duration);
            loops.requireBusy();
            return report(load, acknowledgedBefore, term(cluster) - termBefore, List.of());
        }
    }

    /** The leader is killed again and again, and comes back each time. */
    public static Report kills(ProcessCluster cluster, int clients, int busyLoops, int kills) {
        try (BusyLoops loops = BusyLoops.start(busyLoops);
                SteadyLoad load = SteadyLoad.start(cluster, clients)) {
            Pause.of(HEATING);
            long acknowledgedBefore = load.acknowledged();
            long elections = 0;
            List<Kill> killed = new ArrayList<>();
            for (int kill = 0; kill < kills; kill++) {
                int leader = cluster.awaitLeader();
                long termBefore = term(cluster);
                ClusterNode node = cluster.node(leader);
                node.kill9();
                long killedNanos = System.nanoTime();
                awaitWrite(load);
                Pause.of(BETWEEN_KILLS);
                cluster.restart(leader);
                killed.add(new Kill(leader, killedNanos, System.nanoTime()));
                Pause.of(BETWEEN_KILLS);
                elections += term(cluster) - termBefore;
            }
            loops.requireBusy();
            return report(load, acknowledgedBefore, elections, killed);
        }
    }

    private record Kill(int node, long nanos, long backNanos) {
        /** A dead node answers nobody, and for a second its successor need not be known. */
        boolean excuses(SteadyLoad.Failure failure) {
            long sinceNanos = failure.sentNanos() - nanos;
            boolean toTheDead = failure.node() == node && sinceNanos >= 0 && failure.sentNanos() - backNanos < 0;
            // What was sent before the kill may have died with the leader, up to a put's deadline earlier.
            return toTheDead
                    || (sinceNanos < ERRORS_ALLOWED.toNanos()
                            && sinceNanos > -Duration.ofSeconds(10).toNanos());
        }
    }

    private static void awaitWrite(SteadyLoad load) {
        long before = load.acknowledged();
        while (load.acknowledged() == before) {
            Pause.of(POLL);
        }
    }

    private static Report report(SteadyLoad load, long acknowledgedBefore, long elections, List<Kill> kills) {
        List<SteadyLoad.Failure> failures = load.failures();
        List<String> late = failures.stream()
                .filter(failure -> kills.stream().noneMatch(kill -> kill.excuses(failure)))
                .map(SteadyLoad.Failure::toString)
                .toList();
        return new Report(load.acknowledged() - acknowledgedBefore, elections, failures.size(), late);
    }

    /** The highest term that a running node knows. */
    private static long term(ProcessCluster cluster) {
        return IntStream.range(0, cluster.size())
                .filter(node -> cluster.node(node).isRunning())
                .mapToLong(node -> cluster.status(node).getRaftTerm())
                .max()
                .orElseThrow();
    }

    /** Programs that never wait. */
    private record BusyLoops(List<Process> processes) implements AutoCloseable {
        static BusyLoops start(int count) {
            List<Process> started = new ArrayList<>();
            try {
                for (int i = 0; i < count; i++) {
                    started.add(new ProcessBuilder("sh", "-c", "while :; do :; done").start());
                }
            } catch (IOException failed) {
                started.forEach(Process::destroyForcibly);
                throw new UncheckedIOException(failed);
            }
            return new BusyLoops(started);
        }

        /** Or the machine was not as busy as the run says. */
        void requireBusy() {
            if (!processes.stream().allMatch(Process::isAlive)) {
                throw new IllegalStateException("VOID: a busy loop has ended by itself");
            }
        }

        @Override
        public void close() {
            processes.forEach(Process::destroyForcibly);
        }
    }
}
