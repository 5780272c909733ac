package io.mandate.verify.clients;

import io.mandate.verify.process.Pause;
import io.mandate.verify.process.ProcessCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The etcd project's command-line client, run as a process against one cluster. */
final class Etcdctl {
    /** Anything that takes longer hangs. */
    private static final Duration HANG = Duration.ofSeconds(60);

    private static final Duration POLL = Duration.ofMillis(10);

    private final Path program;
    private final Path directory;
    private String endpoint;
    private int runs;

    Etcdctl(Path program, ProcessCluster cluster) {
        this.program = program;
        this.directory = cluster.directory();
        this.endpoint = cluster.endpoints().get(0);
    }

    /** The endpoint of all commands that name none. */
    void useEndpoint(String newEndpoint) {
        endpoint = newEndpoint;
    }

    /** What one command printed, and its exit code; -1 for a command that was ended by us. */
    record Output(String stdout, String stderr, int exitCode) {}

    /** Runs a command to its end. */
    Output run(String stdin, List<String> arguments) {
        Running running = start(stdin, arguments);
        return running.awaitEnd();
    }

    /** Starts a command that does not end by itself. */
    Running start(String stdin, List<String> arguments) {
        runs++;
        Path stdout = directory.resolve("etcdctl-" + runs + ".out");
        Path stderr = directory.resolve("etcdctl-" + runs + ".err");
        List<String> command = new ArrayList<>(List.of(program.toString()));
        if (!arguments.contains("--endpoints")) {
            command.addAll(List.of("--endpoints", endpoint));
        }
        // Slow machines shall be slow, not different.
        command.addAll(List.of("--command-timeout", "30s", "--dial-timeout", "10s"));
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectOutput(stdout.toFile())
                .redirectError(stderr.toFile());
        builder.environment().keySet().removeIf(key -> key.startsWith("ETCDCTL_"));
        builder.environment().put("ETCDCTL_API", "3");
        try {
            Process process = builder.start();
            process.getOutputStream().write(stdin.getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().close();
            return new Running(process, String.join(" ", arguments), stdout, stderr);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run " + command, e);
        }
    }

    /** A command that was started. */
    static final class Running {
        private final Process process;
        private final String display;
        private final Path stdout;
        private final Path stderr;

        private Running(Process process, String display, Path stdout, Path stderr) {
            this.process = process;
            this.display = display;
            this.stdout = stdout;
            this.stderr = stderr;
        }

        Output awaitEnd() {
            try {
                if (!process.waitFor(HANG.toMillis(), TimeUnit.MILLISECONDS)) {
                    process.destroyForcibly();
                    throw new AssertionError("etcdctl " + display + " did not end within " + HANG + ": " + output(-1));
                }
            } catch (InterruptedException e) {
                process.destroyForcibly();
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
            return output(process.exitValue());
        }

        /** Waits until it has printed this text on its standard output. */
        void awaitPrinted(String text) {
            long deadlineNanos = System.nanoTime() + HANG.toNanos();
            while (!output(-1).stdout().contains(text)) {
                if (System.nanoTime() - deadlineNanos > 0 || !process.isAlive()) {
                    process.destroyForcibly();
                    throw new AssertionError("etcdctl " + display + " did not print '" + text + "': " + output(-1));
                }
                Pause.of(POLL);
            }
        }

        /**
         * Waits for this text, then sends SIGTERM and waits for the end. How it ends differs with the moment, so the
         * exit code is not told.
         */
        Output endAfter(String text) {
            awaitPrinted(text);
            process.destroy();
            Output ended = awaitEnd();
            return new Output(ended.stdout(), ended.stderr(), -1);
        }

        private Output output(int exitCode) {
            try {
                return new Output(Files.readString(stdout), Files.readString(stderr), exitCode);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
