package io.mandate.election.guard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.election.Term;
import io.mandate.election.TermEnd;
import io.mandate.election.TermEndedException;
import io.mandate.election.guard.FixedTerm;
import io.mandate.election.guard.StaleTokenException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.SQLTransactionRollbackException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

@ParameterizedClass
@MethodSource("io.mandate.election.guard.jdbc.Setting#all")
@Tag("integration")
@Timeout(120)
class JdbcGuardTest {
    private static final Term TERM = FixedTerm.of(1);

    private final Setting setting;
    private final DataSource dataSource;
    private final ExecutorService threads = Executors.newCachedThreadPool();

    JdbcGuardTest(Setting setting) throws SQLException {
        this.setting = setting;
        this.dataSource = setting.database().empty();
        Database.execute(
                dataSource,
                "CREATE TABLE effect (token BIGINT NOT NULL, version BIGINT NOT NULL)",
                "CREATE TABLE counter (sum BIGINT NOT NULL)",
                "INSERT INTO counter VALUES (0)");
        guard("invoices").createTables();
    }

    @AfterEach
    void close() {
        threads.shutdownNow();
    }

    private JdbcGuard guard(String resource) {
        return guard(dataSource, resource);
    }

    private JdbcGuard guard(DataSource over, String resource) {
        return JdbcGuard.on(over)
                .resource(resource)
                .isolation(setting.isolation())
                .build();
    }

    /** Writes down what the fence says at the time. */
    private static int effect(Connection connection, String resource) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO effect SELECT token, version FROM mandate_fence WHERE resource = ?")) {
            insert.setString(1, resource);
            return insert.executeUpdate();
        }
    }

    private long effects() throws SQLException {
        return Database.number(dataSource, "SELECT COUNT(*) FROM effect");
    }

    private <T> List<Future<T>> together(List<Callable<T>> tasks) {
        CyclicBarrier start = new CyclicBarrier(tasks.size());
        return tasks.stream()
                .map(task -> threads.submit(() -> {
                    start.await(30, TimeUnit.SECONDS);
                    return task.call();
                }))
                .toList();
    }

    @Test
    void ofFirstWritesAtTheSameTimeTheLargestTokenStaysAndNoneIsLost() throws Exception {
        for (int round = 0; round < 10; round++) {
            String resource = "first" + round;
            Database.execute(dataSource, "DELETE FROM effect");
            List<Callable<Integer>> writes = new ArrayList<>();
            for (long token = 1; token <= 6; token++) {
                Term term = FixedTerm.of(token);
                writes.add(() -> {
                    try {
                        return guard(resource).write(term, connection -> effect(connection, resource));
                    } catch (StaleTokenException late) {
                        return 0;
                    }
                });
            }
            int accepted = 0;
            for (Future<Integer> write : together(writes)) {
                accepted += write.get();
            }
            assertThat(effects()).isEqualTo(accepted);
            assertThat(Database.number(
                            dataSource, "SELECT token FROM mandate_fence WHERE resource = '" + resource + "'"))
                    .isEqualTo(6);
            // In the order of the versions no token is smaller than one before it.
            assertThat(Database.number(
                            dataSource,
                            "SELECT COUNT(*) FROM effect a, effect b WHERE a.version <= b.version AND "
                                    + "a.token > b.token"))
                    .isZero();
        }
    }

    @Test
    void writersOfOneTermLoseNoUpdate() throws Exception {
        List<Callable<Integer>> writers = new ArrayList<>();
        for (int writer = 0; writer < 3; writer++) {
            writers.add(() -> {
                JdbcGuard guard = guard("counter");
                int written = 0;
                while (written < 15) {
                    try {
                        written += guard.write(TERM, JdbcGuardTest::readAndCountUp);
                    } catch (SQLTransactionRollbackException othersWonTenTimes) {
                        assertThat(othersWonTenTimes.getMessage()).contains("given up after 10 tries");
                    }
                }
                return written;
            });
        }
        for (Future<Integer> writer : together(writers)) {
            assertThat(writer.get()).isEqualTo(15);
        }
        assertThat(Database.number(dataSource, "SELECT sum FROM counter")).isEqualTo(45);
    }

    private static int readAndCountUp(Connection connection) throws SQLException {
        long sum = Database.number(connection, "SELECT sum FROM counter");
        try (PreparedStatement update = connection.prepareStatement("UPDATE counter SET sum = ?")) {
            update.setLong(1, sum + 1);
            return update.executeUpdate();
        }
    }

    @Test
    void aFailureOfTheWorkRollsBackTheFenceToo() throws SQLException {
        assertThatThrownBy(() -> guard("invoices").write(FixedTerm.of(5), connection -> {
                    effect(connection, "invoices");
                    throw new IllegalStateException("no paper");
                }))
                .hasMessage("no paper");
        assertThat(effects()).isZero();
        assertThat(Database.number(dataSource, "SELECT COUNT(*) FROM mandate_fence"))
                .isZero();
    }

    @Test
    void aTermThatIsOverDoesNotBegin() {
        Term over = FixedTerm.of(1);
        FixedTerm.end(over, TermEnd.RESIGNED);
        assertThatThrownBy(() -> guard("invoices").write(over, connection -> effect(connection, "invoices")))
                .isInstanceOf(TermEndedException.class);
    }

    @Test
    void anotherElectionsTokensAreRefused() throws SQLException {
        guard("invoices").write(TERM, connection -> effect(connection, "invoices"));
        assertThatThrownBy(() -> guard("invoices")
                        .write(FixedTerm.of("reports", 9), connection -> effect(connection, "invoices")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("guarded by election 'billing', not by 'reports'");
        assertThat(effects()).isOne();
    }

    @Test
    void aConflictRunsTheWorkAgainAlsoWhenAFrameworkWrapsIt() throws SQLException {
        AtomicInteger runs = new AtomicInteger();
        guard("invoices").write(TERM, connection -> {
            effect(connection, "invoices");
            switch (runs.incrementAndGet()) {
                case 1 -> throw new SQLException("serialization", "40001");
                case 2 -> throw new IllegalStateException(new SQLException("deadlock", "40P01"));
                default -> {
                    return 1;
                }
            }
        });
        assertThat(runs).hasValue(3);
        assertThat(effects()).isOne();
    }

    @Test
    void afterAConflictTheFenceIsComparedAgain() throws SQLException {
        AtomicInteger connections = new AtomicInteger();
        DataSource overtaken = new SpiedDataSource(dataSource, new SpiedDataSource.Spy() {
            @Override
            public void before(String what) throws SQLException {
                if (what.equals("getConnection") && connections.incrementAndGet() == 2) {
                    guard("invoices").write(FixedTerm.of(2), connection -> effect(connection, "invoices"));
                }
            }
        });
        assertThatThrownBy(() -> guard(overtaken, "invoices").write(FixedTerm.of(1), connection -> {
                    effect(connection, "invoices");
                    throw new SQLException("serialization", "40001");
                }))
                .isInstanceOf(StaleTokenException.class);
        assertThat(effects()).isOne();
    }

    @Test
    void conflictsWithoutEndAreGivenUp() throws SQLException {
        AtomicInteger runs = new AtomicInteger();
        assertThatThrownBy(() -> guard("invoices").write(TERM, connection -> {
                    runs.incrementAndGet();
                    throw new SQLException("serialization", "40001");
                }))
                .isInstanceOf(SQLTransactionRollbackException.class)
                .hasMessageContaining("write to invoices given up after 10 tries");
        assertThat(runs).hasValue(10);
        assertThat(effects()).isZero();
    }

    @Test
    void theWorkCannotEndTheTransactionNorKeepTheConnection() throws SQLException {
        CompletableFuture<Connection> kept = new CompletableFuture<>();
        guard("invoices").write(TERM, connection -> {
            kept.complete(connection);
            assertThatThrownBy(connection::commit).hasMessageContaining("the guard ends the transaction");
            assertThatThrownBy(connection::rollback).hasMessageContaining("the guard ends the transaction");
            assertThatThrownBy(connection::close).hasMessageContaining("the guard ends the transaction");
            assertThatThrownBy(() -> connection.setAutoCommit(true)).hasMessageContaining("setAutoCommit()");
            connection.rollback(connection.setSavepoint());
            return effect(connection, "invoices");
        });
        assertThat(effects()).isOne();
        assertThatThrownBy(() -> kept.join().createStatement()).hasMessageContaining("is over");
        assertThat(kept.join().isClosed()).isTrue();
    }

    @Test
    void theFenceWithinACallersTransactionNeedsOne() throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            assertThatThrownBy(() -> guard("invoices").fence(connection, TERM))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("begin a transaction");
            connection.setAutoCommit(false);
            guard("invoices").fence(connection, TERM);
            effect(connection, "invoices");
            connection.commit();
        }
        assertThat(effects()).isOne();
    }

    @Test
    void tablesAreMadeBySeveralAtOnceAndAgain() throws Exception {
        for (int round = 0; round < 5; round++) {
            DataSource fresh = setting.database().empty();
            List<Callable<Boolean>> makers = new ArrayList<>();
            for (int maker = 0; maker < 6; maker++) {
                makers.add(() -> {
                    guard(fresh, "invoices").createTables();
                    return true;
                });
            }
            for (Future<Boolean> maker : together(makers)) {
                assertThat(maker.get()).isTrue();
            }
            guard(fresh, "invoices").createTables();
            assertThat(Database.number(fresh, "SELECT COUNT(*) FROM mandate_operation"))
                    .isZero();
        }
    }
}
