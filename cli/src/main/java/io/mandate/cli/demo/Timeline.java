package io.mandate.cli.demo;

import java.io.PrintWriter;

/** Prints what happened and when, and remembers whether every step held. Thread-safe. */
final class Timeline {
    private final PrintWriter out;
    private final long startNanos = System.nanoTime();
    private boolean allHeld = true;

    Timeline(PrintWriter out) {
        this.out = out;
        out.printf("%9s  %s%n", "ms", "event");
    }

    synchronized void note(String format, Object... arguments) {
        out.printf("%9.1f  %s%n", (System.nanoTime() - startNanos) / 1e6, String.format(format, arguments));
        out.flush();
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
