package io.mandate.cli.demo;

import io.mandate.cli.Terminal;
import java.io.PrintWriter;

/** Prints what happened and when, and remembers whether every step held. Thread-safe. */
final class Timeline {
    private static final String CLEAR_LINE = "\r\u001b[K";

    private final PrintWriter out;
    private final long startNanos = System.nanoTime();
    private final boolean terminal = Terminal.isOutput();
    private boolean allHeld = true;

    Timeline(PrintWriter out) {
        this.out = out;
        out.printf("%9s  %s%n", "ms", "event");
    }

    synchronized void note(String format, Object... arguments) {
        if (terminal) {
            out.print(CLEAR_LINE);
        }
        out.printf("%9.1f  %s%n", (System.nanoTime() - startNanos) / 1e6, String.format(format, arguments));
        out.flush();
    }

    /** What is so just now: on a terminal, until the next line replaces it; nowhere else. */
    synchronized void live(String now) {
        if (terminal) {
            out.printf("%s%9s  %s", CLEAR_LINE, "", now);
            out.flush();
        }
    }

    /** Notes a claim and whether it is true. */
    synchronized void check(boolean held, String format, Object... arguments) {
        allHeld &= held;
        note("%s %s", held ? "[held]" : "[BROKEN]", String.format(format, arguments));
    }

    synchronized boolean allHeld() {
        return allHeld;
    }
}
