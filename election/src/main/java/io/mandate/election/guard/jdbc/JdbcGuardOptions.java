package io.mandate.election.guard.jdbc;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A guard's settings, checked.
 *
 * @param schema null for the connection's own
 * @param isolation null for the connection's own
 * @param idleTransactionTimeout null to leave it to the database's settings
 */
record JdbcGuardOptions(
        String resource,
        @Nullable SqlName schema,
        @Nullable JdbcIsolation isolation,
        Duration lockTimeout,
        @Nullable Duration idleTransactionTimeout,
        Duration retentionAge,
        int retentionCount) {
    /** Longer than a write should take, shorter than what a caller takes for a hang. */
    static final Duration LOCK_TIMEOUT_DEFAULT = Duration.ofSeconds(10);

    static final Duration LOCK_TIMEOUT_MAX = Duration.ofHours(1);
    private static final Duration IDLE_TIMEOUT_MIN = Duration.ofMillis(100);
    private static final Duration IDLE_TIMEOUT_MAX = Duration.ofDays(1);

    /** A weekend's outage, and the retry on the Monday after. */
    static final Duration RETENTION_AGE_DEFAULT = Duration.ofDays(7);

    /** A decade. */
    static final Duration RETENTION_AGE_MAX = Duration.ofDays(3_653);

    /** With results of the largest size 1.6 GB for a resource; with usual ones some megabytes. */
    static final int RETENTION_COUNT_DEFAULT = 100_000;

    static final int RETENTION_COUNT_MAX = 100_000_000;

    JdbcGuardOptions {
        GuardText.requireId("name of a resource", resource);
        if (lockTimeout.compareTo(Duration.ofSeconds(1)) < 0
                || lockTimeout.compareTo(LOCK_TIMEOUT_MAX) > 0
                || !lockTimeout.equals(Duration.ofSeconds(lockTimeout.toSeconds()))) {
            throw new IllegalArgumentException(
                    "a lock timeout of " + lockTimeout + " is not a number of seconds between 1 and "
                            + LOCK_TIMEOUT_MAX.toSeconds() + ": JDBC counts query timeouts in whole seconds");
        }
        if (idleTransactionTimeout != null
                && (idleTransactionTimeout.compareTo(IDLE_TIMEOUT_MIN) < 0
                        || idleTransactionTimeout.compareTo(IDLE_TIMEOUT_MAX) > 0)) {
            throw new IllegalArgumentException("an idle transaction timeout of " + idleTransactionTimeout
                    + " is not between " + IDLE_TIMEOUT_MIN + " and " + IDLE_TIMEOUT_MAX
                    + ": say how long the work may compute between two statements");
        }
        if (retentionAge.compareTo(Duration.ofSeconds(1)) < 0 || retentionAge.compareTo(RETENTION_AGE_MAX) > 0) {
            throw new IllegalArgumentException("a retention of " + retentionAge + " is not between a second and "
                    + RETENTION_AGE_MAX + ": say how long after the first try a retry may come");
        }
        if (retentionCount < 1 || retentionCount > RETENTION_COUNT_MAX) {
            throw new IllegalArgumentException("a retention of " + retentionCount + " operations is not between 1 and "
                    + RETENTION_COUNT_MAX + ": say how many later operations may come before a retry");
        }
    }
}
