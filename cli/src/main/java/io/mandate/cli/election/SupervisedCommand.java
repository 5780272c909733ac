package io.mandate.cli.election;

import io.mandate.cli.SettingException;
import io.mandate.election.Term;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A command that runs under a term, and is gone before the term is over: it is asked to end (SIGTERM) when less than a third of the time to live remains, which a
 * renewal in time never lets happen, and made to (SIGKILL, with its descendants) when a tenth remains.
 *
 * <p>On Linux it is also killed by the kernel when this process is, if {@code setpriv} is there to arrange it: otherwise a command whose supervisor was killed would
 * go on while another host starts its own. Used by one thread, which must live as long as the command, for that is whom the kernel watches.
 */
final class SupervisedCommand {
    /** How it ended. */
    enum End {
        /** By itself. */
        EXITED,
        /** It was stopped because the term was ending. */
        TERM_OVER,
        /** It was stopped because this process was asked to end, or a preferred candidate to lead. */
        ASKED
    }

    /** @param exitCode of the command; above 128 if a signal ended it */
    record Result(End end, int exitCode) {}

    private enum Signal {
        EXITED,
        RESIGN,
        TERM_ENDED
    }

    private static final Logger LOG = LoggerFactory.getLogger(SupervisedCommand.class);

    private final List<String> command;
    private final Duration ttl;
    private final Duration grace;

    /** @param grace how long the command may take to end when it is asked to while the term goes on */
    SupervisedCommand(List<String> command, Duration ttl, Duration grace) {
        this.command = command;
        this.ttl = ttl;
        this.grace = grace;
    }

    /** Runs it, and returns when it has ended. */
    Result run(Term term, Map<String, String> environment) throws InterruptedException {
        Process process = start(environment);
        BlockingQueue<Signal> signals = new LinkedBlockingQueue<>();
        process.onExit().thenRun(() -> signals.add(Signal.EXITED));
        term.resignRequested().thenRun(() -> signals.add(Signal.RESIGN));
        term.ended().thenRun(() -> signals.add(Signal.TERM_ENDED));
        long stopNanos = ttl.toNanos() / 3;
        while (true) {
            long untilStopNanos = term.remaining().toNanos() - stopNanos;
            Signal signal = signals.poll(Math.max(0, untilStopNanos), TimeUnit.NANOSECONDS);
            if (signal == Signal.EXITED) {
                return new Result(End.EXITED, process.exitValue());
            }
            if (signal == Signal.RESIGN) {
                stop(process, term, signals, grace);
                return new Result(End.ASKED, process.exitValue());
            }
            // A renewal may have come while this slept.
            if (signal == Signal.TERM_ENDED || term.remaining().toNanos() <= stopNanos) {
                LOG.warn(
                        "stopping-command pid={} token={} remaining-millis={}",
                        process.pid(),
                        term.token(),
                        term.remaining().toMillis());
                stop(process, term, signals, grace);
                return new Result(End.TERM_OVER, process.exitValue());
            }
        }
    }

    private Process start(Map<String, String> environment) {
        List<String> words = new ArrayList<>();
        setpriv().ifPresent(path -> words.addAll(List.of(path.toString(), "--pdeathsig", "KILL", "--")));
        words.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(words).inheritIO();
        builder.environment().putAll(environment);
        try {
            return builder.start();
        } catch (IOException missing) {
            throw new SettingException("the command cannot be started: " + missing.getMessage());
        }
    }

    private static Optional<Path> setpriv() {
        String path = System.getenv("PATH");
        if (path == null || !System.getProperty("os.name").equals("Linux")) {
            return Optional.empty();
        }
        return List.of(path.split(":", -1)).stream()
                .map(directory -> Path.of(directory, "setpriv"))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** Returns when the process is gone: in time for the deadline, and after the grace at the latest. */
    private void stop(Process process, Term term, BlockingQueue<Signal> signals, Duration patience)
            throws InterruptedException {
        List<ProcessHandle> family = new ArrayList<>(process.descendants().toList());
        process.destroy();
        long endNanos = System.nanoTime() + patience.toNanos();
        long reserveNanos = ttl.toNanos() / 10;
        while (process.isAlive()) {
            long leftNanos =
                    Math.min(endNanos - System.nanoTime(), term.remaining().toNanos() - reserveNanos);
            if (leftNanos <= 0) {
                break;
            }
            signals.poll(Math.min(leftNanos, reserveNanos), TimeUnit.NANOSECONDS);
        }
        family.addAll(process.descendants().toList());
        if (process.isAlive()) {
            LOG.warn("killing-command pid={} token={}", process.pid(), term.token());
        }
        process.destroyForcibly();
        family.forEach(ProcessHandle::destroyForcibly);
        process.waitFor();
    }
}
