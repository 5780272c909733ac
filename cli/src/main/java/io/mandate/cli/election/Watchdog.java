package io.mandate.cli.election;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A shell that ends the processes of a command when this process is gone without having done so: even a killed process
 * closes its end of a pipe. It has a session of its own, so that neither the terminal's signals nor those of the
 * command to its group reach it. One thread at a time.
 */
final class Watchdog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Watchdog.class);

    private final Process process;
    private final OutputStream orders;
    private volatile boolean mayExit;

    private Watchdog(Process process) {
        this.process = process;
        this.orders = process.getOutputStream();
        process.onExit().thenRun(this::exited);
    }

    /**
     * Starts one, before the command; empty if there is no shell.
     *
     * @param run what the environment of the command's processes contains, and of no others
     * @param patience how long they may take to end when this process is gone
     * @param isSession whether the command will begin a session
     * @param isTied whether the kernel asks the command to end
     */
    static Optional<Watchdog> start(
            LinuxTools tools, String run, Duration patience, boolean isSession, boolean isTied) {
        if (tools.shell().isEmpty()) {
            return Optional.empty();
        }
        List<String> words = new ArrayList<>();
        tools.setsid().ifPresent(path -> words.addAll(List.of(path.toString(), "--")));
        words.addAll(List.of(
                tools.shell().get().toString(),
                "-c",
                script(),
                "mandate-watchdog",
                run,
                Long.toString(hundredths(patience)),
                isSession ? "session" : "group",
                isTied ? "tied" : "free"));
        try {
            return Optional.of(new Watchdog(new ProcessBuilder(words)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start()));
        } catch (IOException unusable) {
            LOG.warn("watchdog-not-started cause=\"{}\"", unusable.getMessage());
            return Optional.empty();
        }
    }

    /** Without the comments, because it is shown in lists of processes. */
    private static String script() {
        try (InputStream script = Watchdog.class.getResourceAsStream("watchdog.sh")) {
            if (script == null) {
                throw new AssertionError("watchdog.sh is not among the classes");
            }
            return new String(script.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .collect(Collectors.joining("\n"));
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static long hundredths(Duration time) {
        return Math.max(0, time.toMillis() / 10);
    }

    void started(Process command) {
        order("command " + command.pid());
    }

    /** The command has been asked to end, and is killed when so much time is over. */
    void stopping(Duration left) {
        order("stop " + hundredths(left));
    }

    /** Nothing of the command runs any more. */
    void ended() {
        mayExit = true;
        order("ended");
    }

    private void order(String line) {
        try {
            orders.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
            orders.flush();
        } catch (IOException gone) {
            LOG.debug("watchdog-gone order=\"{}\"", line);
        }
    }

    private void exited() {
        if (!mayExit) {
            LOG.warn("watchdog-ended pid={} means=\"if this process is killed its command goes on\"", process.pid());
        }
    }

    /** If the command has not ended, this ends it. */
    @Override
    public void close() {
        mayExit = true;
        try {
            orders.close();
        } catch (IOException gone) {
            LOG.debug("watchdog-gone pid={}", process.pid());
        }
    }
}
