package io.mandate.election.guard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.election.guard.FixedTerm;
import io.mandate.election.guard.StaleTokenException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** A pool gets its connections back as it lent them, or broken. */
@ParameterizedClass
@MethodSource("io.mandate.election.guard.jdbc.Setting#all")
@Tag("integration")
class PooledConnectionTest {
    private final Setting setting;
    private final Connection physical;
    /** What was called on the lent connections that matters to a pool. */
    private final List<String> calls = new ArrayList<>();

    private boolean rollbackFails;

    PooledConnectionTest(Setting setting) throws SQLException {
        this.setting = setting;
        DataSource dataSource = setting.database().empty();
        this.physical = dataSource.getConnection();
        guard().createTables();
        calls.clear();
    }

    @AfterEach
    void close() throws SQLException {
        physical.close();
    }

    /** A pool of one connection, which stays open. */
    private DataSource pool() {
        return (DataSource) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {DataSource.class}, (pool, method, arguments) -> lent());
    }

    private Connection lent() {
        return (Connection) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    calls.add(method.getName());
                    if (method.getName().equals("rollback") && rollbackFails) {
                        throw new SQLException("connection reset", "08006");
                    }
                    if (method.getName().equals("close") || method.getName().equals("abort")) {
                        return null;
                    }
                    try {
                        return method.invoke(physical, arguments);
                    } catch (InvocationTargetException thrown) {
                        throw thrown.getCause();
                    }
                });
    }

    private JdbcGuard guard() {
        return JdbcGuard.on(pool())
                .resource("invoices")
                .isolation(setting.isolation())
                .build();
    }

    private void everyOutcome() throws SQLException {
        JdbcGuard guard = guard();
        guard.write(FixedTerm.of(2), connection -> 1);
        guard.write(FixedTerm.of(2), "a", connection -> "");
        guard.write(FixedTerm.of(2), "a", connection -> "");
        assertThatThrownBy(() -> guard.write(FixedTerm.of(1), connection -> 1)).isInstanceOf(StaleTokenException.class);
        assertThatThrownBy(() -> guard.write(FixedTerm.of(2), connection -> {
                    throw new IllegalStateException("no paper");
                }))
                .hasMessage("no paper");
        assertThatThrownBy(() -> guard.write(FixedTerm.of(2), connection -> {
                    throw new SQLException("serialization", "40001");
                }))
                .hasMessageContaining("given up");
        assertThatThrownBy(() -> guard.write(FixedTerm.of(2), connection -> {
                    try (Statement statement = connection.createStatement()) {
                        return statement.executeUpdate("UPDATE no_such_table SET a = 1");
                    }
                }))
                .isInstanceOf(SQLException.class);
    }

    @Test
    void autoCommitAndIsolationAreAsBefore() throws SQLException {
        JdbcIsolation before = setting.isolation() == JdbcIsolation.SERIALIZABLE
                ? JdbcIsolation.READ_COMMITTED
                : JdbcIsolation.SERIALIZABLE;
        for (boolean autoCommit : new boolean[] {true, false}) {
            physical.setTransactionIsolation(before.level());
            physical.setAutoCommit(autoCommit);
            everyOutcome();
            assertThat(physical.getAutoCommit()).isEqualTo(autoCommit);
            assertThat(physical.getTransactionIsolation()).isEqualTo(before.level());
            try (Statement statement = physical.createStatement()) {
                assertThat(statement.getQueryTimeout()).isZero();
            }
            physical.setAutoCommit(true);
        }
        assertThat(calls).doesNotContain("abort");
        assertThat(calls.stream().filter("close"::equals)).hasSize(2 * 16);
    }

    /** Switching auto-commit on would commit what could not be rolled back. */
    @Test
    void aConnectionThatCannotBeRolledBackIsBrokenInsteadOfGivenBack() throws SQLException {
        rollbackFails = true;
        assertThatThrownBy(() -> guard().write(FixedTerm.of(2), connection -> {
                    throw new IllegalStateException("no paper");
                }))
                .hasMessage("no paper");
        assertThat(calls).containsSubsequence("setAutoCommit", "rollback", "abort", "close");
        assertThat(calls.stream().filter("setAutoCommit"::equals)).hasSize(1);
        physical.rollback();
    }
}
