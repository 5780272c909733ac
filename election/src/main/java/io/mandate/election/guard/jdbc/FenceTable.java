package io.mandate.election.guard.jdbc;

import io.mandate.election.Term;
import io.mandate.election.guard.StaleTokenException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.sql.SQLTransactionRollbackException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The largest token of each resource.
 *
 * <p>The comparison stands in the UPDATE. It sees the row as last committed, or fails with a serialization failure
 * where a snapshot is older than that: a SELECT before it would be answered from the snapshot and let a stale writer
 * through (Yuzu #4015). The row stays locked until the transaction ends, so that no larger token can come between the
 * comparison and the work's writes.
 */
final class FenceTable {
    static final String NAME = "mandate_fence";

    private final GuardSchema schema;
    private final String resource;
    private final Duration lockTimeout;

    FenceTable(JdbcGuardOptions options, GuardSchema schema) {
        this.schema = schema;
        this.resource = options.resource();
        this.lockTimeout = options.lockTimeout();
    }

    static String definition(String table) {
        return "CREATE TABLE IF NOT EXISTS " + table + " ("
                + "resource VARCHAR(" + GuardText.ID_CHARS_MAX + ") NOT NULL PRIMARY KEY, "
                + "election VARCHAR(256) NOT NULL, "
                + "token BIGINT NOT NULL, "
                + "version BIGINT NOT NULL)";
    }

    /**
     * Locks the row until the transaction ends, and writes the term's token into it.
     *
     * @throws StaleTokenException if the row has a larger one
     * @throws SQLTransactionRollbackException if another writer made the row at the same time
     * @throws SQLTimeoutException if another transaction kept the row for longer than the lock timeout
     */
    void advance(Connection connection, Term term) throws SQLException {
        String table = schema.table(connection, NAME);
        try {
            if (update(connection, table, term) == 0) {
                refuseOrInsert(connection, table, term);
            }
        } catch (SQLException failure) {
            if (SqlFailures.isTimeout(failure)) {
                throw new SQLTimeoutException(
                        "the row of resource " + resource + " in " + table + " was not to be had within "
                                + lockTimeout.toSeconds()
                                + " s: another transaction holds it, perhaps of a process that stands still; "
                                + "end it, or have the database"
                                + " end transactions that are idle (idleTransactionTimeout), or raise the lock timeout",
                        failure.getSQLState(),
                        failure);
            }
            throw failure;
        }
    }

    private int update(Connection connection, String table, Term term) throws SQLException {
        String sql = "UPDATE " + table
                + " SET token = ?, version = version + 1 WHERE resource = ? AND election = ? AND token <= ?";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setLong(1, term.token());
            statement.setString(2, resource);
            statement.setString(3, term.election());
            statement.setLong(4, term.token());
            return executeWithin(statement);
        }
    }

    private void refuseOrInsert(Connection connection, String table, Term term) throws SQLException {
        String sql = "SELECT election, token FROM " + table + " WHERE resource = ?";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, resource);
            try (ResultSet row = statement.executeQuery()) {
                if (row.next()) {
                    throw refusal(table, term, row.getString(1), row.getLong(2));
                }
            }
        }
        insert(connection, table, term);
    }

    /** The row exists, and was not updated. */
    private SQLException refusal(String table, Term term, String election, long largest) {
        if (!election.equals(term.election())) {
            throw new IllegalStateException(
                    "resource " + resource + " is guarded by election '" + election + "', not by '" + term.election()
                            + "': tokens of two elections cannot be compared; give each its own resource");
        }
        if (largest > term.token()) {
            throw StaleTokenException.of(resource, term, largest);
        }
        return changedMeanwhile(table, null);
    }

    private SQLException changedMeanwhile(String table, @Nullable SQLException cause) {
        return new SQLTransactionRollbackException(
                "the row of resource " + resource + " in " + table
                        + " was made by another transaction at the same time: run the transaction again",
                SqlFailures.SERIALIZATION_FAILURE,
                cause);
    }

    private void insert(Connection connection, String table, Term term) throws SQLException {
        String sql = "INSERT INTO " + table + " (resource, election, token, version) VALUES (?, ?, ?, 1)";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, resource);
            statement.setString(2, term.election());
            statement.setLong(3, term.token());
            executeWithin(statement);
        } catch (SQLException failure) {
            if (SqlFailures.isIntegrityViolation(failure)) {
                throw changedMeanwhile(table, failure);
            }
            throw failure;
        }
    }

    /** Some drivers keep a query timeout for the whole connection (H2): it is put back. */
    private int executeWithin(PreparedStatement statement) throws SQLException {
        int before = statement.getQueryTimeout();
        statement.setQueryTimeout((int) lockTimeout.toSeconds());
        try {
            return statement.executeUpdate();
        } finally {
            statement.setQueryTimeout(before);
        }
    }
}
