package io.mandate.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.Writer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine;

/** A command as somebody types it, running beside the test: what it prints can be waited for. */
final class Typed {
    private static final long SECONDS_MAX = 60;

    /** Text that one thread writes and another reads. */
    private static final class Screen extends Writer {
        private final StringBuilder text = new StringBuilder();

        @Override
        public synchronized void write(char[] characters, int offset, int length) {
            text.append(characters, offset, length);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}

        @Override
        public synchronized String toString() {
            return text.toString();
        }
    }

    private final Screen out = new Screen();
    private final Screen err = new Screen();
    private final CompletableFuture<Integer> exitCode = new CompletableFuture<>();

    private Typed() {}

    static Typed start(String... arguments) {
        Typed typed = new Typed();
        Thread thread = new Thread(() -> typed.exitCode.complete(typed.execute(arguments)), "typed");
        thread.setDaemon(true);
        thread.start();
        return typed;
    }

    /** Runs it to its end. */
    static Typed run(String... arguments) {
        Typed typed = new Typed();
        typed.exitCode.complete(typed.execute(arguments));
        return typed;
    }

    /** Runs one of the commands, to which {@code command} is added. */
    static Typed runWith(Object command, String... arguments) {
        Typed typed = new Typed();
        typed.exitCode.complete(typed.execute(Main.commandLine().addSubcommand(command), arguments));
        return typed;
    }

    private int execute(String... arguments) {
        return execute(Main.commandLine(), arguments);
    }

    private int execute(CommandLine commandLine, String... arguments) {
        return commandLine
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
    }

    List<String> out() {
        return out.toString().lines().toList();
    }

    String err() {
        return err.toString();
    }

    int exitCode() throws Exception {
        return exitCode.get(SECONDS_MAX, TimeUnit.SECONDS);
    }

    void awaitOut(String text) {
        await(out, text);
    }

    void awaitErr(String text) {
        await(err, text);
    }

    private void await(Screen screen, String text) {
        long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS_MAX);
        while (!screen.toString().contains(text)) {
            assertThat(System.nanoTime())
                    .as("waiting for '%s'; out: %s; err: %s", text, out, err)
                    .isLessThan(endNanos);
            LockSupport.parkNanos(1_000_000);
        }
    }
}
