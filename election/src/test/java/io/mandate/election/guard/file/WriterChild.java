package io.mandate.election.guard.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A {@link FileWriterProcess}, as its parent sees it. */
final class WriterChild implements AutoCloseable {
    private static final int SECONDS_MAX = 60;

    private final Process process;
    private final Path errors;
    private final BufferedReader output;

    private WriterChild(Process process, Path errors) {
        this.process = process;
        this.errors = errors;
        this.output = process.inputReader(StandardCharsets.UTF_8);
    }

    static WriterChild start(Path directory, String... arguments) throws IOException {
        return start(directory, List.of(), arguments);
    }

    /** @param under a program that runs it, with its arguments */
    static WriterChild start(Path directory, List<String> under, String... arguments) throws IOException {
        Path errors = Files.createTempFile(directory, "errors-", ".log");
        List<String> command = new ArrayList<>(under);
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.addAll(List.of("-Xmx64m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), FileWriterProcess.class.getName()));
        command.addAll(List.of(arguments));
        WriterChild child = new WriterChild(
                new ProcessBuilder(command).redirectError(errors.toFile()).start(), errors);
        child.expect("ready");
        return child;
    }

    /** Its next line; null if it has ended. */
    @Nullable
    String line() throws IOException {
        return output.readLine();
    }

    void expect(String line) throws IOException {
        assertThat(line()).as(() -> "errors: " + errorText()).isEqualTo(line);
    }

    private String errorText() {
        try {
            return Files.readString(errors);
        } catch (IOException failed) {
            return failed.toString();
        }
    }

    /** What it says until it ends: the last number that it was acknowledged; 0 if none. */
    long lastAdded(long before) throws IOException {
        long last = before;
        for (String line = line(); line != null; line = line()) {
            // What a killed process said last may lack its end.
            if (line.matches("added \\d+")) {
                last = Math.max(last, Long.parseLong(line.substring("added ".length())));
            }
        }
        return last;
    }

    void signal(String name) throws Exception {
        Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
        assertThat(kill.waitFor(SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
        assertThat(kill.exitValue()).isZero();
    }

    /** Returns when none of its threads runs any more. */
    void stop() throws Exception {
        signal("STOP");
        long began = System.nanoTime();
        while (!isStopped()) {
            assertThat(System.nanoTime() - began).isLessThan(TimeUnit.SECONDS.toNanos(SECONDS_MAX));
            Thread.onSpinWait();
        }
    }

    private boolean isStopped() throws IOException {
        try (var threads = Files.list(Path.of("/proc", Long.toString(process.pid()), "task"))) {
            for (Path thread : threads.toList()) {
                String status = Files.readString(thread.resolve("stat"));
                if (!status.substring(status.lastIndexOf(')') + 2).startsWith("T")) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Lets it go on from where it waits for a line. */
    void proceed() throws IOException {
        process.getOutputStream().write('\n');
        process.getOutputStream().flush();
    }

    int awaitEnd() throws InterruptedException {
        assertThat(process.waitFor(SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        process.onExit().join();
        output.close();
    }
}
