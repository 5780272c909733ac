package io.mandate.cli.election;

import io.mandate.cli.CallerLocale;
import io.mandate.cli.SettingException;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A command that runs, with all the processes that it starts. On Linux they also end when this process is killed: a
 * {@link Watchdog} ends them, and the kernel asks the command's own process, or kills it where there is no watchdog.
 * Used by one thread, which must live as long as the command, for that is whom the kernel watches.
 *
 * <p>The command has a session of its own, so that what it sends to its process group reaches neither this process nor
 * the watchdog; but not if there is a terminal, which it would lose.
 */
final class CommandProcesses implements AutoCloseable {
    /** In the environment: the ids of the runs that a process belongs to, the innermost last, with colons between. */
    static final String RUN = "MANDATE_RUN";

    private static final long POLL_MILLIS = 10;
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /** What a signal ends is gone by then. */
    private static final long KILL_NANOS_MAX = TimeUnit.SECONDS.toNanos(10);

    private static final Logger LOG = LoggerFactory.getLogger(CommandProcesses.class);

    private final Process process;
    private final ProcessTree tree;
    private final Optional<Watchdog> watchdog;
    private boolean ended;

    private CommandProcesses(Process process, ProcessTree tree, Optional<Watchdog> watchdog) {
        this.process = process;
        this.tree = tree;
        this.watchdog = watchdog;
    }

    /**
     * Starts a command.
     *
     * @param orphansPatience how long its processes may take to end if this process is killed
     * @throws SettingException if it cannot be started
     */
    static CommandProcesses start(List<String> command, Map<String, String> environment, Duration orphansPatience) {
        LinuxTools tools = LinuxTools.on(System.getenv().getOrDefault("PATH", ""));
        String run = UUID.randomUUID().toString();
        boolean inSession = tools.setsid().isPresent() && !hasTerminal();
        boolean isTied = tools.setpriv().isPresent();
        Optional<Watchdog> watchdog = Watchdog.start(tools, run, orphansPatience, inSession, isTied);
        String signal = watchdog.isPresent() ? "TERM" : "KILL";
        ProcessBuilder builder = new ProcessBuilder(tools.start(command, signal, inSession)).inheritIO();
        CallerLocale.restore(builder.environment());
        builder.environment().putAll(environment);
        // What runs inside of another run ends with both.
        builder.environment().merge(RUN, run, (outer, inner) -> outer + ":" + inner);
        try {
            Process process = builder.start();
            watchdog.ifPresent(started -> started.started(process));
            return new CommandProcesses(process, new ProcessTree(process, run, inSession), watchdog);
        } catch (IOException missing) {
            watchdog.ifPresent(Watchdog::ended);
            watchdog.ifPresent(Watchdog::close);
            throw new SettingException("the command cannot be started: " + missing.getMessage());
        }
    }

    private static boolean hasTerminal() {
        return ProcessStatus.of(ProcessHandle.current().pid())
                .map(ProcessStatus::hasTerminal)
                .orElse(false);
    }

    /** The command's own process, which may end before those that it has started. */
    Process command() {
        return process;
    }

    /**
     * Returns when all are gone: asks them to end (SIGTERM), and when the time is over makes them (SIGKILL).
     *
     * @param leftNanos how much time they have; looked at again and again
     */
    void end(LongSupplier leftNanos) throws InterruptedException {
        Set<ProcessHandle> asked = new HashSet<>();
        List<ProcessHandle> running = tree.running();
        if (!running.isEmpty()) {
            watchdog.ifPresent(told -> told.stopping(Duration.ofNanos(Math.max(0, leftNanos.getAsLong()))));
        }
        while (!running.isEmpty() && leftNanos.getAsLong() > 0) {
            // Others may have been started meanwhile.
            running.stream().filter(asked::add).forEach(ProcessHandle::destroy);
            await(running, leftNanos);
            running = leftNanos.getAsLong() > 0
                    ? tree.running()
                    : running.stream().filter(tree::isRunning).toList();
        }
        kill(running);
        process.waitFor();
        ended = true;
        watchdog.ifPresent(Watchdog::ended);
    }

    private void kill(List<ProcessHandle> known) throws InterruptedException {
        long startNanos = System.nanoTime();
        boolean told = false;
        for (List<ProcessHandle> running = known; !running.isEmpty(); running = tree.running()) {
            if (running == known) {
                LOG.warn("killing-command pid={} processes={}", process.pid(), pids(running));
            } else if (!told && System.nanoTime() - startNanos > KILL_NANOS_MAX) {
                told = true;
                LOG.error(
                        "command-cannot-be-killed processes={} means=\"the election is not released before they end\"",
                        pids(running));
            }
            running.forEach(ProcessHandle::destroyForcibly);
            long lookNanos = System.nanoTime() + LOOK_NANOS;
            await(running, () -> lookNanos - System.nanoTime());
        }
    }

    private static List<Long> pids(List<ProcessHandle> processes) {
        return processes.stream().map(ProcessHandle::pid).toList();
    }

    private void await(List<ProcessHandle> processes, LongSupplier leftNanos) throws InterruptedException {
        while (processes.stream().anyMatch(tree::isRunning) && leftNanos.getAsLong() > 0) {
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }

    /** Kills what has not been ended. */
    @Override
    public void close() {
        if (!ended) {
            tree.running().forEach(ProcessHandle::destroyForcibly);
        }
        watchdog.ifPresent(Watchdog::close);
    }
}
