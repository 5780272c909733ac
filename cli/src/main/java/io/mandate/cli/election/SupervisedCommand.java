package io.mandate.cli.election;

import io.mandate.election.Term;
import io.mandate.election.TermEnd;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A command that runs under a term, and is gone before the term is over, with all that it has started: it is asked to
 * end (SIGTERM) when less than a third of the time to live remains, which a renewal in time never lets happen, and made
 * to (SIGKILL) when a tenth remains. What is left of a command that has ended by itself is ended in the same way.
 *
 * <p>If this process is killed, as much of the term as lies between the two is left at least, and the command may take
 * that long. Used by one thread, which must live as long as the command.
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

    /**
     * Runs the command and returns when no process of it is left.
     *
     * @param release called when the command was stopped because the term was about to end, with the reason
     */
    public Result run(Term term, Consumer<TermEnd> release, Map<String, String> environment)
            throws InterruptedException {
        long stopNanos = ttl.toNanos() / 3;
        Duration killedPatience = Duration.ofNanos(Math.min(grace.toNanos(), stopNanos - reserveNanos()));
        try (CommandProcesses processes = CommandProcesses.start(command, environment, killedPatience)) {
            End end = await(processes.command(), term, stopNanos);
            if (end == End.TERM_OVER) {
                LOG.warn(
                        "stopping-command pid={} token={} remaining-millis={}",
                        processes.command().pid(),
                        term.token(),
                        term.remaining().toMillis());
            }
            long endNanos = System.nanoTime() + grace.toNanos();
            processes.end(() ->
                    Math.min(endNanos - System.nanoTime(), term.remaining().toNanos() - reserveNanos()));
            if (end == End.TERM_OVER) {
                // Not over yet perhaps, because the command did not take long to end.
                release.accept(TermEnd.STORE_UNREACHABLE);
            }
            return new Result(end, processes.command().exitValue());
        }
    }

    private long reserveNanos() {
        return ttl.toNanos() / 10;
    }

    /** Returns when the command has ended, or has to. */
    private static End await(Process command, Term term, long stopNanos) throws InterruptedException {
        BlockingQueue<End> signals = new LinkedBlockingQueue<>();
        command.onExit().thenRun(() -> signals.add(End.EXITED));
        term.resignRequested().thenRun(() -> signals.add(End.ASKED));
        term.ended().thenRun(() -> signals.add(End.TERM_OVER));
        while (true) {
            long untilStopNanos = term.remaining().toNanos() - stopNanos;
            End signal = signals.poll(Math.max(0, untilStopNanos), TimeUnit.NANOSECONDS);
            if (signal != null) {
                return signal;
            }
            // A renewal may have come while this slept.
            if (term.remaining().toNanos() <= stopNanos) {
                return End.TERM_OVER;
            }
        }
    }
}
