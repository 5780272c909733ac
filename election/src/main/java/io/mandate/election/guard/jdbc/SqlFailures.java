package io.mandate.election.guard.jdbc;

import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.util.Set;

/** What a database means by a failure, as far as it can be told by SQLState. */
final class SqlFailures {
    /** The state of a transaction that lost against another one, and may be run again. */
    static final String SERIALIZATION_FAILURE = "40001";

    static final String INVALID_TRANSACTION_STATE = "25000";

    /** Serialization failure; PostgreSQL's deadlock; H2's update of a row that another transaction has changed. */
    private static final Set<String> CONFLICTS = Set.of(SERIALIZATION_FAILURE, "40P01", "90131");

    /** PostgreSQL's cancelled statement and its lock_timeout; the lock timeout of H2 and others. */
    private static final Set<String> TIMEOUTS = Set.of("57014", "55P03", "HYT00");

    /** A type, a table that exists: in PostgreSQL, and in H2 and MySQL. */
    private static final Set<String> DUPLICATES = Set.of("42710", "42P07", "42S01");

    /** More than frameworks wrap around an SQLException; ends the walk where causes form a ring. */
    private static final int CAUSES_MAX = 16;

    private SqlFailures() {}

    /** True if the transaction was undone for another one's sake, also if a framework has wrapped it. */
    static boolean isConflict(Throwable failure) {
        Throwable cause = failure;
        for (int depth = 0; cause != null && depth < CAUSES_MAX; depth++) {
            if (cause instanceof SQLException sql
                    && sql.getSQLState() != null
                    && CONFLICTS.contains(sql.getSQLState())) {
                return true;
            }
            cause = cause.getCause();
        }
        return false;
    }

    static boolean isTimeout(SQLException failure) {
        return failure instanceof SQLTimeoutException
                || (failure.getSQLState() != null && TIMEOUTS.contains(failure.getSQLState()));
    }

    static boolean isIntegrityViolation(SQLException failure) {
        return failure.getSQLState() != null && failure.getSQLState().startsWith("23");
    }

    /**
     * True if another transaction made the same table at the same time. IF NOT EXISTS does not wait for it; PostgreSQL
     * then reports a duplicate in one of its catalogues, by their unique index or by name.
     */
    static boolean isLostCreation(SQLException failure) {
        return isIntegrityViolation(failure)
                || isConflict(failure)
                || (failure.getSQLState() != null && DUPLICATES.contains(failure.getSQLState()));
    }

    /** True if the connection broke, so that a commit may or may not have been done. */
    static boolean leavesCommitOpen(SQLException failure) {
        String state = failure.getSQLState();
        return state == null || state.startsWith("08") || state.startsWith("57P") || state.equals("40003");
    }
}
