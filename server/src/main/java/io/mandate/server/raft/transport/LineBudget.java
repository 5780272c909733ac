package io.mandate.server.raft.transport;

import java.util.OptionalLong;

/** Log lines that others can cause, some in a while: they must not fill a disk. Thread-safe. */
final class LineBudget {
    /** Enough to tell what is wrong when every member sends something wrong. */
    static final int LINES_MAX = 10;

    static final long PERIOD_NANOS = 10_000_000_000L;

    private long periodEndNanos;
    private int lines;
    private long suppressed;
    private boolean begun;

    /** Asks for one line; if it may be written, the answer is how many could not since the last one. */
    synchronized OptionalLong take(long nowNanos) {
        if (!begun || nowNanos - periodEndNanos >= 0) {
            begun = true;
            periodEndNanos = nowNanos + PERIOD_NANOS;
            lines = 0;
        }
        if (lines == LINES_MAX) {
            suppressed++;
            return OptionalLong.empty();
        }
        lines++;
        long before = suppressed;
        suppressed = 0;
        return OptionalLong.of(before);
    }
}
