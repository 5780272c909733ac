package io.mandate.election.guard.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One transaction on a connection of a pool, which gets the connection back as it was, or broken, but never changed.
 * Confined to its thread.
 */
final class Transaction implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Transaction.class);

    private final Connection connection;
    private final boolean autoCommitBefore;
    /** Null if it was not changed. */
    private final @Nullable Integer isolationBefore;

    private boolean committed;

    private Transaction(Connection connection, boolean autoCommitBefore, @Nullable Integer isolationBefore) {
        this.connection = connection;
        this.autoCommitBefore = autoCommitBefore;
        this.isolationBefore = isolationBefore;
    }

    /**
     * @param isolation null for the connection's own, which is then not asked for: that is a round trip in some drivers
     */
    static Transaction begin(DataSource dataSource, @Nullable JdbcIsolation isolation) throws SQLException {
        Connection connection = dataSource.getConnection();
        Integer before = null;
        try {
            if (isolation != null && connection.getTransactionIsolation() != isolation.level()) {
                int level = connection.getTransactionIsolation();
                connection.setTransactionIsolation(isolation.level());
                before = level;
            }
            boolean autoCommit = connection.getAutoCommit();
            connection.setAutoCommit(false);
            return new Transaction(connection, autoCommit, before);
        } catch (SQLException | RuntimeException | Error failure) {
            // What was changed by then is not known.
            discard(connection, failure);
            throw failure;
        }
    }

    Connection connection() {
        return connection;
    }

    void commit() throws SQLException {
        connection.commit();
        committed = true;
    }

    /**
     * Rolls back what was not committed. Does not fail: the outcome is settled by now, and a caller must not take a
     * committed write for a failed one.
     */
    @Override
    public void close() {
        try {
            if (!committed) {
                connection.rollback();
            }
            // Only now: switching auto-commit on commits what is open.
            if (autoCommitBefore) {
                connection.setAutoCommit(true);
            }
            if (isolationBefore != null) {
                connection.setTransactionIsolation(isolationBefore);
            }
            connection.close();
        } catch (SQLException | RuntimeException failure) {
            LOG.warn("connection-discarded committed={} cause=\"{}\"", committed, failure.getMessage());
            discard(connection, failure);
        }
    }

    /**
     * Breaks the connection before it goes back, so that the pool does not lend it again and the database ends its
     * transaction.
     */
    private static void discard(Connection connection, Throwable why) {
        try {
            connection.abort(Runnable::run);
            connection.close();
        } catch (SQLException | RuntimeException alsoBroken) {
            why.addSuppressed(alsoBroken);
        }
    }
}
