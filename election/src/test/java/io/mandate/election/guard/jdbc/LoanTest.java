package io.mandate.election.guard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.election.Term;
import io.mandate.election.guard.FixedTerm;
import io.mandate.election.guard.StaleTokenException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.sql.Array;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.h2.jdbcx.JdbcConnectionPool;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What the work is lent ends with it, and does not lead out to the connection. */
@ParameterizedClass
@EnumSource(Database.class)
@Tag("integration")
@Timeout(120)
class LoanTest {
    private final Term term = FixedTerm.of(1);

    private final Database database;
    private final DataSource dataSource;
    private volatile Thread workThread = Thread.currentThread();

    LoanTest(Database database) throws SQLException {
        this.database = database;
        this.dataSource = database.empty();
        Database.execute(dataSource, "CREATE TABLE effect (id INT NOT NULL, data VARCHAR(20))");
        guard(dataSource).createTables();
    }

    private static JdbcGuard guard(DataSource over) {
        return JdbcGuard.on(over).resource("invoices").build();
    }

    private long effects() throws SQLException {
        return Database.number(dataSource, "SELECT COUNT(*) FROM effect");
    }

    private static int effect(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            return statement.executeUpdate("INSERT INTO effect VALUES (1, 'a')");
        }
    }

    /** Everything through which JDBC leads from a connection back to one. */
    private static List<Connection> waysBack(Connection connection) throws SQLException {
        List<Connection> back = new ArrayList<>();
        Statement statement = connection.createStatement();
        back.add(statement.getConnection());
        back.add(statement.executeQuery("SELECT 1").getStatement().getConnection());
        statement.executeQuery("SELECT 1");
        back.add(statement.getResultSet().getStatement().getConnection());
        PreparedStatement prepared =
                connection.prepareStatement("INSERT INTO effect VALUES (0, 'b')", Statement.RETURN_GENERATED_KEYS);
        prepared.executeUpdate();
        back.add(prepared.getConnection());
        Statement ofKeys = prepared.getGeneratedKeys().getStatement();
        back.add(ofKeys == null ? connection : ofKeys.getConnection());
        back.add(connection.prepareCall("SELECT 1").getConnection());
        DatabaseMetaData metaData = connection.getMetaData();
        back.add(metaData.getConnection());
        Statement ofTables = metaData.getTables(null, null, "%", null).getStatement();
        back.add(ofTables == null ? connection : ofTables.getConnection());
        Array array = connection.createArrayOf("INTEGER", new Object[] {1, 2});
        Statement ofArray = array.getResultSet().getStatement();
        back.add(ofArray == null ? connection : ofArray.getConnection());
        PreparedStatement select = connection.prepareStatement("SELECT CAST(? AS INTEGER ARRAY)");
        select.setArray(1, array);
        ResultSet row = select.executeQuery();
        row.next();
        ofArray = ((Array) row.getObject(1)).getResultSet().getStatement();
        back.add(ofArray == null ? connection : ofArray.getConnection());
        return back;
    }

    @Test
    void noWayLeadsBackToAConnectionThatCanCommit() throws SQLException {
        guard(dataSource).write(term, connection -> {
            for (Connection back : waysBack(connection)) {
                assertThat(back).isSameAs(connection);
                refused(back::commit, "the guard ends the transaction");
                refused(back::rollback, "the guard ends the transaction");
                refused(back::close, "the guard ends the transaction");
                refused(() -> back.abort(Runnable::run), "the guard ends the transaction");
                refused(() -> back.setAutoCommit(true), "the guard ends the transaction");
                refused(() -> back.setReadOnly(true), "the guard ends the transaction");
                refused(() -> back.setTransactionIsolation(8), "the guard ends the transaction");
                refused(() -> back.setSchema("other"), "setSchema()");
                refused(() -> back.setCatalog("other"), "setCatalog()");
            }
            return 0;
        });
    }

    @Test
    void thatHoldsForConnectionsOfAPoolToo() throws SQLException {
        if (!(dataSource instanceof JdbcDataSource h2)) {
            return;
        }
        JdbcConnectionPool pool = JdbcConnectionPool.create(h2);
        try {
            guard(pool).write(term, connection -> {
                assertThat(waysBack(connection)).allMatch(back -> back == connection);
                return 0;
            });
        } finally {
            pool.dispose();
        }
    }

    @Test
    void nothingUnwrapsToWhatTheDriverMade() throws SQLException {
        Class<?> drivers =
                database == Database.H2 ? org.h2.jdbc.JdbcConnection.class : org.postgresql.PGConnection.class;
        guard(dataSource).write(term, connection -> {
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery("SELECT 1")) {
                refused(() -> connection.unwrap(drivers), "fence(connection, term)");
                refused(() -> connection.getMetaData().unwrap(org.h2.jdbc.JdbcDatabaseMetaData.class), "unwrap");
                refused(() -> statement.unwrap(org.h2.jdbc.JdbcStatement.class), "unwrap");
                refused(() -> row.unwrap(org.h2.jdbc.JdbcResultSet.class), "unwrap");
                assertThat(connection.isWrapperFor(drivers)).isFalse();
                assertThat(connection.isWrapperFor(Connection.class)).isTrue();
                assertThat(connection.unwrap(Connection.class)).isSameAs(connection);
                assertThat(row.unwrap(ResultSet.class)).isSameAs(row);
                assertThat(row.getStatement()).isSameAs(statement);
                assertThat(connection).isNotInstanceOf(drivers);
            }
            return 0;
        });
    }

    @Test
    void nothingWorksAfterTheWorkHasReturned() throws SQLException {
        List<AutoCloseable> kept = new ArrayList<>();
        CompletableFuture<Connection> connections = new CompletableFuture<>();
        CompletableFuture<PreparedStatement> inserts = new CompletableFuture<>();
        CompletableFuture<ResultSet> rows = new CompletableFuture<>();
        CompletableFuture<DatabaseMetaData> catalogues = new CompletableFuture<>();
        CompletableFuture<Array> arrays = new CompletableFuture<>();
        CompletableFuture<Savepoint> savepoints = new CompletableFuture<>();
        guard(dataSource).write(term, connection -> {
            connections.complete(connection);
            inserts.complete(connection.prepareStatement("INSERT INTO effect VALUES (2, 'c')"));
            rows.complete(connection.createStatement().executeQuery("SELECT 1"));
            catalogues.complete(connection.getMetaData());
            arrays.complete(connection.createArrayOf("INTEGER", new Object[] {1}));
            savepoints.complete(connection.setSavepoint());
            kept.add(inserts.join());
            kept.add(rows.join());
            return 0;
        });
        PreparedStatement insert = inserts.join();
        refused(insert::executeUpdate, "is over");
        refused(insert::getConnection, "is over");
        refused(insert::addBatch, "is over");
        refused(insert::cancel, "is over");
        refused(() -> rows.join().next(), "is over");
        refused(() -> catalogues.join().getTables(null, null, "%", null), "is over");
        refused(() -> arrays.join().getArray(), "is over");
        refused(() -> savepoints.join().getSavepointId(), "is over");
        refused(() -> connections.join().createStatement(), "is over");
        assertThat(insert.isClosed()).isTrue();
        assertThat(rows.join().isClosed()).isTrue();
        assertThat(connections.join().isClosed()).isTrue();
        for (AutoCloseable each : kept) {
            assertThatCode(each::close).doesNotThrowAnyException();
        }
        // Neither does another write take what was lent to the first.
        guard(dataSource).write(term, connection -> {
            refused(() -> connection.rollback(savepoints.join()), "is over");
            return 0;
        });
        assertThat(effects()).isZero();
    }

    @Test
    void whatIsLentCanBeGivenBackToTheDriver() throws SQLException {
        guard(dataSource).write(term, connection -> {
            Savepoint before = connection.setSavepoint();
            effect(connection);
            connection.rollback(before);
            Savepoint named = connection.setSavepoint("named");
            effect(connection);
            connection.releaseSavepoint(named);
            try (PreparedStatement select = connection.prepareStatement("SELECT CAST(? AS INTEGER ARRAY)")) {
                select.setArray(1, connection.createArrayOf("INTEGER", new Object[] {1, 2}));
                try (ResultSet row = select.executeQuery()) {
                    assertThat(row.next()).isTrue();
                    select.setObject(1, row.getArray(1));
                    assertThat((Object[]) row.getArray(1).getArray()).containsExactly(1, 2);
                    assertThat(row.getObject(1, Array.class).getBaseType()).isNotZero();
                }
            }
            return 0;
        });
        assertThat(effects()).isOne();
    }

    @Test
    void aStreamIntoALargeObjectIsClosedWithTheWork() throws SQLException {
        CompletableFuture<OutputStream> kept = new CompletableFuture<>();
        guard(dataSource).write(term, connection -> {
            if (database == Database.POSTGRESQL) {
                // Its driver makes no empty blob; one of the server it does.
                long id = Database.number(connection, "SELECT lo_create(0)");
                try (PreparedStatement select = connection.prepareStatement("SELECT CAST(? AS OID)")) {
                    select.setLong(1, id);
                    try (ResultSet row = select.executeQuery()) {
                        row.next();
                        kept.complete(row.getBlob(1).setBinaryStream(1));
                    }
                }
            } else {
                kept.complete(connection.createBlob().setBinaryStream(1));
            }
            write(kept.join());
            return 0;
        });
        assertThatThrownBy(() -> kept.join().write(1)).hasMessageContaining("is over");
        assertThatThrownBy(() -> kept.join().flush()).hasMessageContaining("is over");
    }

    private static void write(OutputStream stream) {
        try {
            stream.write(new byte[] {1, 2, 3});
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static void refused(ThrowingCallable call, String why) {
        assertThatThrownBy(call).isInstanceOf(SQLException.class).hasMessageContaining(why);
    }

    @Test
    void textThatEndsTheTransactionIsRefused() throws SQLException {
        List<String> texts = List.of(
                "COMMIT",
                "commit work",
                " /* now */ -- really\n ;Commit;",
                "ROLLBACK",
                "rollback work;",
                "END",
                "ABORT",
                "BEGIN",
                "BEGIN TRANSACTION",
                "START TRANSACTION",
                "PREPARE TRANSACTION 'a'",
                "SET AUTOCOMMIT TRUE");
        guard(dataSource).write(term, connection -> {
            effect(connection);
            try (Statement statement = connection.createStatement()) {
                for (String text : texts) {
                    String why = "the guard ends the transaction";
                    refused(() -> statement.execute(text), why);
                    refused(() -> statement.executeUpdate(text, Statement.NO_GENERATED_KEYS), why);
                    refused(() -> statement.executeLargeUpdate(text), why);
                    refused(() -> statement.executeQuery(text), why);
                    refused(() -> statement.addBatch(text), why);
                    refused(() -> connection.prepareStatement(text), why);
                    refused(() -> connection.prepareStatement(text, 1003, 1007), why);
                    refused(() -> connection.prepareCall(text), why);
                }
                statement.execute("SAVEPOINT here");
                effect(connection);
                statement.execute("ROLLBACK TO SAVEPOINT here");
                return statement.executeUpdate("INSERT INTO effect VALUES (3, 'x; COMMIT')");
            }
        });
        assertThat(effects()).isEqualTo(2);
    }

    @Test
    void aDefinitionIsRefusedWhereItCommits() throws SQLException {
        JdbcWork<Boolean> defines = connection -> {
            try (Statement statement = connection.createStatement()) {
                return statement.execute("CREATE TABLE other (id INT)");
            }
        };
        if (database == Database.H2) {
            refused(() -> guard(dataSource).write(term, defines), "commits the transaction");
        } else {
            guard(dataSource).write(term, defines);
            assertThat(Database.number(dataSource, "SELECT COUNT(*) FROM other"))
                    .isZero();
        }
    }

    /** Hidden among others, or in a procedure, it is not seen in time: the end of the work looks at the transaction. */
    @Test
    void aWriteFailsWhoseTransactionWasEndedInSpiteOfTheGuard() throws SQLException {
        for (String ending : List.of("COMMIT", "ROLLBACK")) {
            assertThatThrownBy(() -> guard(dataSource).write(term, "a", connection -> {
                        effect(connection);
                        try (Statement statement = connection.createStatement()) {
                            statement.execute("UPDATE effect SET id = 4; " + ending);
                        }
                        effect(connection);
                        return "";
                    }))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("the work ended the transaction");
        }
        assertThat(effects()).isEqualTo(1);
        assertThat(Database.number(dataSource, "SELECT COUNT(*) FROM mandate_operation"))
                .isZero();
    }

    /** A database whose product the guard does not know. */
    private static DataSource ofAnotherProduct(DataSource known) {
        return answering(
                DataSource.class,
                known,
                "getConnection",
                connection -> answering(
                        Connection.class,
                        connection,
                        "getMetaData",
                        metaData -> answering(
                                DatabaseMetaData.class, metaData, "getDatabaseProductName", name -> "Other")));
    }

    /** The same object, but for what one of its methods returns. */
    private static <T> T answering(Class<T> type, Object real, String name, UnaryOperator<Object> instead) {
        return type.cast(Proxy.newProxyInstance(
                LoanTest.class.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    Object result = method.invoke(real, arguments);
                    return method.getName().equals(name) ? instead.apply(result) : result;
                }));
    }

    /** Where the database does not say which transaction it is in, the token is compared once more. */
    @Test
    void nobodyComesInBetweenUnseenWhereTheDatabaseTellsNoTransaction() throws SQLException {
        JdbcGuard guard = guard(ofAnotherProduct(dataSource));
        assertThatThrownBy(() -> guard.write(term, connection -> {
                    try (Statement statement = connection.createStatement()) {
                        statement.execute("UPDATE effect SET id = 4; COMMIT");
                    }
                    guard(dataSource).write(FixedTerm.of(2), LoanTest::effect);
                    return effect(connection);
                }))
                .isInstanceOf(StaleTokenException.class);
        assertThat(effects()).isOne();
    }

    @Test
    void severalStatementsInOneTextThatEndNothingAreWritten() throws SQLException {
        guard(dataSource).write(term, connection -> {
            effect(connection);
            try (Statement statement = connection.createStatement()) {
                return statement.execute("UPDATE effect SET id = 4; UPDATE effect SET id = id + 1");
            }
        });
        assertThat(Database.number(dataSource, "SELECT id FROM effect")).isEqualTo(5);
    }

    /** A statement that another thread began while the work ran does not come after the commit. */
    @Test
    void theWriteWaitsForAStatementOfAnotherThread() throws Exception {
        CountDownLatch ready = new CountDownLatch(1);
        CompletableFuture<Integer> others = new CompletableFuture<>();
        DataSource slow = new SpiedDataSource(dataSource, new SpiedDataSource.Spy() {
            @Override
            public void before(String what) {
                if (what.contains("'slow'")) {
                    ready.countDown();
                    awaitWaiting();
                }
            }

            /** Until the work's thread waits for this one. */
            private void awaitWaiting() {
                long deadline = System.nanoTime() + 30_000_000_000L;
                while (workThread.getState() != Thread.State.WAITING && System.nanoTime() < deadline) {
                    Thread.onSpinWait();
                }
            }
        });
        guard(slow).write(term, connection -> {
            workThread = Thread.currentThread();
            PreparedStatement insert = connection.prepareStatement("INSERT INTO effect VALUES (5, 'slow')");
            new Thread(() -> {
                        try {
                            others.complete(insert.executeUpdate());
                        } catch (SQLException | RuntimeException failure) {
                            others.completeExceptionally(failure);
                        }
                    })
                    .start();
            try {
                assertThat(ready.await(30, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException interrupted) {
                throw new AssertionError(interrupted);
            }
            return 0;
        });
        assertThat(others.get(30, TimeUnit.SECONDS)).isOne();
        assertThat(effects()).isOne();
    }
}
