package io.mandate.cli.demo;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A candidate's process, and what it has told. Thread-safe. */
final class DemoCandidate implements AutoCloseable {
    private static final long TOLD_SECONDS_MAX = 20;

    private final String name;
    private final Process process;
    private final PrintWriter orders;
    private final List<String> told = new ArrayList<>();

    private DemoCandidate(String name, Process process) {
        this.name = name;
        this.process = process;
        this.orders = new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true);
        Thread reader = new Thread(this::listen, "output-of-" + name);
        reader.setDaemon(true);
        reader.start();
    }

    static DemoCandidate start(String name, String election, List<String> endpoints, Path ledger, boolean guarded) {
        List<String> arguments = new ArrayList<>(List.of(
                "demo-candidate",
                "--store",
                String.join(",", endpoints),
                "--election",
                election,
                "--candidate",
                name,
                "--ledger",
                ledger.toString()));
        if (guarded) {
            arguments.add("--guarded");
        }
        try {
            Process process = new ProcessBuilder(OwnJvm.command(arguments))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            DemoCandidate candidate = new DemoCandidate(name, process);
            Runtime.getRuntime().addShutdownHook(new Thread(candidate::close, "demo-clean-up"));
            return candidate;
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private void listen() {
        try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                synchronized (told) {
                    told.add(line);
                    told.notifyAll();
                }
            }
        } catch (IOException closed) {
            synchronized (told) {
                told.add("closed");
            }
        }
    }

    String name() {
        return name;
    }

    long pid() {
        return process.pid();
    }

    /** How many lines it has told so far: to wait for later ones. */
    int toldSoFar() {
        synchronized (told) {
            return told.size();
        }
    }

    /** What it has told that begins so, without that. */
    List<String> told(String beginning) {
        synchronized (told) {
            return told.stream()
                    .filter(line -> line.startsWith(beginning + " "))
                    .map(line -> line.substring(beginning.length() + 1))
                    .toList();
        }
    }

    /** Whether it has said that it leads, after so many other lines. */
    boolean leadsSince(int after) {
        synchronized (told) {
            return told.stream().skip(after).anyMatch(line -> line.startsWith("leads "));
        }
    }

    /** The first such line after so many others, when it has come. */
    String await(int after, Predicate<String> wanted) throws InterruptedException {
        long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(TOLD_SECONDS_MAX);
        synchronized (told) {
            while (true) {
                Optional<String> found =
                        told.stream().skip(after).filter(wanted).findFirst();
                if (found.isPresent()) {
                    return found.get();
                }
                long leftMillis = TimeUnit.NANOSECONDS.toMillis(endNanos - System.nanoTime());
                if (leftMillis <= 0) {
                    throw new IllegalStateException(name + " did not say what was waited for; it said " + told);
                }
                told.wait(leftMillis);
            }
        }
    }

    void order(String line) {
        orders.println(line);
    }

    /** SIGSTOP or SIGCONT, for instance. */
    void signal(String signal) throws IOException, InterruptedException {
        int code = new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                .start()
                .waitFor();
        if (code != 0) {
            throw new IOException("kill -" + signal + " " + process.pid() + " ended with " + code);
        }
    }

    /** Asks it to end. */
    void terminate() {
        process.destroy();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
