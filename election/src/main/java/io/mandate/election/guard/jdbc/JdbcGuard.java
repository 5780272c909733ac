package io.mandate.election.guard.jdbc;

import io.mandate.election.Term;
import io.mandate.election.guard.StaleTokenException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLTimeoutException;
import java.sql.SQLTransactionRollbackException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Guards a resource in a relational database: writes carry the fencing token of their term, and one that carries a
 * smaller token than another before it is refused, in the same transaction and with the same row lock that its writes
 * are made under.
 *
 * <p>Order of a write: {@link Term#requireValid}; begin; update the resource's row in the table
 * {@value FenceTable#NAME} where its token is not larger, which locks it; the work; {@code requireValid} again; commit.
 * The two looks at the term save work that would be for nothing. The row has the last word, at READ COMMITTED,
 * REPEATABLE READ and SERIALIZABLE alike. A transaction that lost against another one (SQLState 40001 or 40P01) runs
 * again, comparison and work, up to {@value #TRIES_MAX} times.
 *
 * <p>Thread-safe. Writes of one guard wait for one another before they take a connection, in the order in which they
 * came.
 */
public final class JdbcGuard {
    /** With the pauses between them about a second, in which a conflict with each of as many other writers can pass. */
    static final int TRIES_MAX = 10;

    private static final long PAUSE_MILLIS_FIRST = 4;
    private static final long PAUSE_MILLIS_MAX = 250;

    /** Of several processes that start together all but one may lose a race in the catalogue, each time. */
    private static final int CREATE_TRIES_MAX = 20;

    private final DataSource dataSource;
    private final JdbcGuardOptions options;
    private final GuardSchema schema;
    private final FenceTable fence;
    private final OperationTable operations;

    /**
     * The row would make them wait anyway; here they wait without a connection each, and do not fail each other's
     * snapshots.
     */
    private final ReentrantLock writers = new ReentrantLock(true);

    JdbcGuard(DataSource dataSource, JdbcGuardOptions options) {
        this.dataSource = dataSource;
        this.options = options;
        this.schema = new GuardSchema(options.schema());
        this.fence = new FenceTable(options, schema);
        this.operations = new OperationTable(options, schema);
    }

    /** Begins to describe a guard. All candidates name the same database. */
    public static JdbcGuardBuilder on(DataSource dataSource) {
        return new JdbcGuardBuilder(dataSource);
    }

    /**
     * Makes the guard's two tables where they are missing; harmless if several processes do so at once. The guide has
     * the statements for those who run migrations.
     */
    public void createTables() throws SQLException {
        for (int tries = 1; ; tries++) {
            try (Transaction transaction = Transaction.begin(dataSource, null)) {
                for (String definition : definitions(transaction.connection())) {
                    try (Statement statement = transaction.connection().createStatement()) {
                        statement.execute(definition);
                    }
                }
                transaction.commit();
                return;
            } catch (SQLException failure) {
                if (!SqlFailures.isLostCreation(failure) || tries == CREATE_TRIES_MAX) {
                    throw failure;
                }
            }
        }
    }

    private List<String> definitions(Connection connection) throws SQLException {
        String product = connection.getMetaData().getDatabaseProductName().toLowerCase(Locale.ROOT);
        // Its default would take ids for the same that differ in case.
        String suffix = product.contains("mysql") || product.contains("mariadb")
                ? " ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
                : "";
        return List.of(
                FenceTable.definition(schema.table(connection, FenceTable.NAME)) + suffix,
                OperationTable.definition(schema.table(connection, OperationTable.NAME)) + suffix);
    }

    /**
     * Writes under the fence, all or nothing.
     *
     * @return what the work returned
     * @throws StaleTokenException if a larger token has written to the resource; the term is over then, and nothing was
     *     written
     * @throws io.mandate.election.TermEndedException if the term was over before the commit; nothing was written
     * @throws SQLTimeoutException if other writers held the resource for longer than the lock timeout; nothing was
     *     written
     * @throws SQLTransactionRollbackException if every try lost against other transactions; nothing was written
     * @throws SQLException the work's or the database's. Nothing was written, unless the message says that the
     *     connection broke during the commit: then that is not known, and {@linkplain #write(Term, String, JdbcWork)
     *     writing with an operation id} is the remedy
     * @throws IllegalStateException if it is called within the work of another write of this guard, or the resource
     *     belongs to another election
     */
    public <R extends @Nullable Object> R write(Term term, JdbcWork<R> work) throws SQLException {
        return exclusively(term, connection -> lend(connection, term, work));
    }

    /**
     * Writes under the fence, once: the operation's id and result are recorded with the work's writes. If the operation
     * was done before, by whomever, the work does not run and the first result is returned. So a write whose outcome is
     * unknown is simply repeated, by this leader or by the next.
     *
     * @param operationId names the operation among those of the resource: 1 to 200 characters, without blanks at its
     *     ends and without control characters
     * @param work returns at most 16 KiB of UTF-8, and not null
     * @return the result of the work that was done first
     * @throws IllegalArgumentException if the id or the result is out of bounds; nothing was written
     * @see JdbcGuardBuilder#retention
     * @see #write(Term, JdbcWork)
     */
    public String write(Term term, String operationId, JdbcWork<String> work) throws SQLException {
        GuardText.requireId("operation id", operationId);
        return exclusively(term, connection -> {
            OperationTable.Found found = operations.find(connection, operationId);
            if (found.result() != null) {
                return found.result();
            }
            String result = lend(connection, term, work);
            operations.record(connection, operationId, result, term.token(), found);
            return result;
        });
    }

    /**
     * Compares and advances the token within a transaction of the caller's, and locks the resource until that ends: for
     * those whose transactions are begun by a framework. To be called before anything is read that the writes depend
     * on. The caller rolls back if this throws, and runs a transaction again that failed with SQLState 40001 or 40P01.
     *
     * @param connection with auto-commit off
     * @throws StaleTokenException if a larger token has written to the resource
     * @throws IllegalArgumentException if auto-commit is on: the lock would be gone before the next statement
     */
    public void fence(Connection connection, Term term) throws SQLException {
        if (connection.getAutoCommit()) {
            throw new IllegalArgumentException(
                    "the connection commits after every statement, which would unlock the fence of "
                            + options.resource()
                            + " before the write: begin a transaction, or let the guard do so with write(…)");
        }
        term.requireValid(Duration.ZERO);
        fence.advance(connection, term);
    }

    private <R extends @Nullable Object> R exclusively(Term term, JdbcWork<R> step) throws SQLException {
        if (writers.isHeldByCurrentThread()) {
            throw new IllegalStateException("a write to " + options.resource()
                    + " began within the work of another one, and would wait for it for ever: use the "
                    + "connection that the work was given");
        }
        if (!waitForWriters(term)) {
            throw new SQLTimeoutException(
                    "other writes of this process to " + options.resource() + " did not end within "
                            + options.lockTimeout().toSeconds() + " s: make them shorter, or raise the lock timeout");
        }
        try {
            return untilNoConflict(term, step);
        } finally {
            writers.unlock();
        }
    }

    private boolean waitForWriters(Term term) throws SQLException {
        try {
            return writers.tryLock(options.lockTimeout().toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException interrupted) {
            throw interrupted(term, interrupted);
        }
    }

    private <R extends @Nullable Object> R untilNoConflict(Term term, JdbcWork<R> step) throws SQLException {
        for (int tries = 1; ; tries++) {
            term.requireValid(Duration.ZERO);
            try {
                return once(term, step);
            } catch (SQLException | RuntimeException failure) {
                if (!SqlFailures.isConflict(failure)) {
                    throw failure;
                }
                if (tries == TRIES_MAX) {
                    throw new SQLTransactionRollbackException(
                            "write to " + options.resource() + " given up after " + TRIES_MAX
                                    + " tries: other transactions won each time; write less at once, or do not "
                                    + "share rows with writers outside of the guard",
                            SqlFailures.SERIALIZATION_FAILURE,
                            failure);
                }
                pause(term, tries);
            }
        }
    }

    private <R extends @Nullable Object> R once(Term term, JdbcWork<R> step) throws SQLException {
        try (Transaction transaction = Transaction.begin(dataSource, options.isolation())) {
            limitIdleness(transaction.connection());
            fence.advance(transaction.connection(), term);
            R result = step.run(transaction.connection());
            term.requireValid(Duration.ZERO);
            commit(transaction);
            return result;
        }
    }

    private <R extends @Nullable Object> R lend(Connection connection, Term term, JdbcWork<R> work)
            throws SQLException {
        Loan loan = new Loan(connection);
        R result;
        try {
            result = work.run(loan.connection());
        } finally {
            loan.end();
        }
        if (loan.isDoubtful()) {
            requireSameTransaction(connection, term, loan);
        }
        return result;
    }

    private void requireSameTransaction(Connection connection, Term term, Loan loan) throws SQLException {
        if (loan.hasOtherTransaction()) {
            throw new SQLException(
                    "the work ended the transaction of the write to " + options.resource()
                            + ", by a procedure or a text of several statements: what it wrote until then is as it left"
                            + " it, what it wrote after that was rolled back; leave the end to the guard",
                    SqlFailures.INVALID_TRANSACTION_STATE);
        }
        if (!loan.knowsTransaction()) {
            // If it was ended after all, then at least no larger token has come in between.
            fence.advance(connection, term);
        }
    }

    private void limitIdleness(Connection connection) throws SQLException {
        Duration timeout = options.idleTransactionTimeout();
        if (timeout == null) {
            return;
        }
        String product = connection.getMetaData().getDatabaseProductName();
        if (!product.equals("PostgreSQL")) {
            throw new SQLFeatureNotSupportedException(
                    "the idle transaction timeout of the guard of " + options.resource()
                            + " is PostgreSQL's, and this is " + product
                            + ": leave it away, and have the server end idle transactions or sessions by its "
                            + "own settings");
        }
        try (Statement statement = connection.createStatement()) {
            // LOCAL ends with the transaction, so that the pool gets its connection back as it was.
            statement.execute("SET LOCAL idle_in_transaction_session_timeout = " + timeout.toMillis());
        }
    }

    private void commit(Transaction transaction) throws SQLException {
        try {
            transaction.commit();
        } catch (SQLException failure) {
            if (SqlFailures.leavesCommitOpen(failure)) {
                throw new SQLException(
                        "the connection broke during the commit of a write to " + options.resource()
                                + ": whether it was written is not known; writes with an operation id can be "
                                + "repeated safely",
                        failure.getSQLState(),
                        failure);
            }
            throw failure;
        }
    }

    /** Random, so that two writers that met once do not meet again each time. */
    private static void pause(Term term, int tries) throws SQLException {
        long bound = Math.min(PAUSE_MILLIS_MAX, PAUSE_MILLIS_FIRST << tries);
        try {
            Thread.sleep(ThreadLocalRandom.current().nextLong(bound) + 1);
        } catch (InterruptedException interrupted) {
            throw interrupted(term, interrupted);
        }
    }

    /** The usual reason to be interrupted is the end of the term, and then that is what is said. */
    private static SQLException interrupted(Term term, InterruptedException cause) {
        Thread.currentThread().interrupt();
        term.requireValid(Duration.ZERO);
        return new SQLException("interrupted before the write; nothing was written", cause);
    }
}
