package io.mandate.election.guard.file;

import java.time.Clock;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * A guard's settings, checked.
 *
 * @param versionsKept the newest ones; the others are removed
 * @param steps called by the writing thread after each step
 */
record FileOptions(
        Clock clock,
        Duration retentionAge,
        int retentionCount,
        boolean plainCopy,
        int versionsKept,
        Consumer<WriteStep> steps) {
    /** A few to go back to by hand, and time for a slow reader to open the one that it has seen. */
    static final int VERSIONS_KEPT = 8;

    /** A weekend's outage, and the retry on the Monday after. */
    static final Duration RETENTION_AGE_DEFAULT = Duration.ofDays(7);

    /** As many as one leader may have begun and not heard of: remembered whatever their age, which two clocks tell. */
    static final int RETENTION_COUNT_MIN = 16;

    /** A decade. */
    static final Duration RETENTION_AGE_MAX = Duration.ofDays(3_653);

    /** Each is written again with every version: some kilobytes, as results usually are. */
    static final int RETENTION_COUNT_DEFAULT = 256;

    /** With results of the largest size 5 MB a write. */
    static final int RETENTION_COUNT_MAX = 1_024;

    static final FileOptions DEFAULT = new FileOptions(
            Clock.systemUTC(), RETENTION_AGE_DEFAULT, RETENTION_COUNT_DEFAULT, true, VERSIONS_KEPT, step -> {});

    FileOptions {
        if (retentionAge.compareTo(Duration.ofSeconds(1)) < 0 || retentionAge.compareTo(RETENTION_AGE_MAX) > 0) {
            throw new IllegalArgumentException("a retention of " + retentionAge + " is not between a second and "
                    + RETENTION_AGE_MAX + ": say how long after the first try a retry may come");
        }
        if (retentionCount < 1 || retentionCount > RETENTION_COUNT_MAX) {
            throw new IllegalArgumentException(
                    "a retention of " + retentionCount + " operations is not between 1 and " + RETENTION_COUNT_MAX
                            + ": say how many later operations may come before a retry; for more than that use "
                            + "a database");
        }
        if (versionsKept < 1) {
            throw new AssertionError("the newest version is always kept");
        }
    }

    FileOptions retaining(Duration age, int count) {
        return new FileOptions(clock, age, count, plainCopy, versionsKept, steps);
    }

    FileOptions withoutPlainCopy() {
        return new FileOptions(clock, retentionAge, retentionCount, false, versionsKept, steps);
    }
}
