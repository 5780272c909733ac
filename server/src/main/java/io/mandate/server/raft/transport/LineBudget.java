package io.mandate.server.raft.transport;

import java.util.OptionalLong;

/** Limits the rate of log lines that other nodes can cause, which must not fill a disk. Thread-safe. */
final class LineBudget {
    /** Enough to diagnose invalid messages from every member. */
    static final int LINES_MAX = 10;

    static final long PERIOD_NANOS = 10_000_000_000L;

    private long periodEndNanos;
    private int lines;
    private long suppressed;
    private boolean started;

    /** Takes one line; if it may be logged, returns the number of lines suppressed since the last one. */
    synchronized OptionalLong take(long nowNanos) {
        if (!started || nowNanos - periodEndNanos >= 0) {
            started = true;
            periodEndNanos = nowNanos + PERIOD_NANOS;
            lines = 0;
        }
        if (lines == LINES_MAX) {
            suppressed++;
            return OptionalLong.empty();
        }
        lines++;
        long suppressedBefore = suppressed;
        suppressed = 0;
        return OptionalLong.of(suppressedBefore);
    }
}
