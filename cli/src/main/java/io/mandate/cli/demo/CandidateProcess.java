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
import org.jspecify.annotations.Nullable;

/** A process in which a {@link LedgerKeeper} is a candidate, and what it has told. Thread-safe. */
public final class CandidateProcess implements Waiting.Participant, AutoCloseable {
    private static final long TOLD_SECONDS_MAX = 20;
    private static final int LAST_LINES = 10;

    private final String name;
    private final Process process;
    private final @Nullable Path log;
    private final PrintWriter orders;
    private final List<String> told = new ArrayList<>();

    private CandidateProcess(String name, Process process, @Nullable Path log) {
        this.name = name;
        this.process = process;
        this.log = log;
        this.orders = new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true);
        Thread reader = new Thread(this::listen, "output-of-" + name);
        reader.setDaemon(true);
        reader.start();
    }

    /** Starts a command that talks as a {@link LedgerKeeper} does; its errors go where this process' do. */
    public static CandidateProcess start(String name, List<String> command) {
        return start(name, command, null);
    }

    /**
     * As above, with its errors in a file.
     *
     * @param log null to have them go where this process' do
     */
    static CandidateProcess start(String name, List<String> command, @Nullable Path log) {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectError(
                            log == null
                                    ? ProcessBuilder.Redirect.INHERIT
                                    : ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start();
            CandidateProcess candidate = new CandidateProcess(name, process, log);
            Runtime.getRuntime().addShutdownHook(new Thread(candidate::close, "candidate-clean-up"));
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

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean isAlive() {
        return process.isAlive();
    }

    @Override
    public String lastLines() {
        synchronized (told) {
            String said = String.join("\n", told.subList(Math.max(0, told.size() - LAST_LINES), told.size()));
            return log == null ? said : said + "\n" + LogTail.of(log);
        }
    }

    public long pid() {
        return process.pid();
    }

    /** How many lines it has told so far: to wait for later ones. */
    public int toldSoFar() {
        synchronized (told) {
            return told.size();
        }
    }

    /** What it has told that begins so, without that. */
    public List<String> told(String beginning) {
        synchronized (told) {
            return told.stream()
                    .filter(line -> line.startsWith(beginning + " "))
                    .map(line -> line.substring(beginning.length() + 1))
                    .toList();
        }
    }

    /** How many lines that begin so it has told, after so many others. */
    int toldSince(int after, String beginning) {
        synchronized (told) {
            return (int) told.stream()
                    .skip(after)
                    .filter(line -> line.startsWith(beginning + " "))
                    .count();
        }
    }

    /** Whether it has said that it leads, after so many other lines. */
    public boolean leadsSince(int after) {
        synchronized (told) {
            return told.stream().skip(after).anyMatch(line -> line.startsWith("leads "));
        }
    }

    /** The first such line after so many others, if it has come. */
    Optional<String> find(int after, Predicate<String> wanted) {
        synchronized (told) {
            return told.stream().skip(after).filter(wanted).findFirst();
        }
    }

    /** The first such line after so many others, when it has come. */
    public String await(int after, Predicate<String> wanted) throws InterruptedException {
        long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(TOLD_SECONDS_MAX);
        synchronized (told) {
            while (true) {
                Optional<String> found = find(after, wanted);
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

    public void order(String line) {
        orders.println(line);
    }

    /** SIGSTOP or SIGCONT, for instance. */
    public void signal(String signal) throws IOException, InterruptedException {
        int code = new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                .start()
                .waitFor();
        if (code != 0) {
            throw new IOException("kill -" + signal + " " + process.pid() + " ended with " + code);
        }
    }

    /** Asks it to end. */
    public void terminate() {
        process.destroy();
    }

    /** Kills it, and returns when it is gone, or this thread is interrupted. */
    @Override
    public void close() {
        try {
            process.destroyForcibly().waitFor();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
