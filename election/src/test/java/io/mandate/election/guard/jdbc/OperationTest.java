package io.mandate.election.guard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.election.Term;
import io.mandate.election.guard.FixedTerm;
import io.mandate.election.guard.StaleTokenException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** An operation is done once, whoever asks for it and however often. */
@ParameterizedClass
@MethodSource("io.mandate.election.guard.jdbc.Setting#all")
@Tag("integration")
@Timeout(120)
class OperationTest {
    private static final Term TERM = FixedTerm.of(1);

    private final Setting setting;
    private final DataSource dataSource;
    private final AtomicInteger runs = new AtomicInteger();

    OperationTest(Setting setting) throws SQLException {
        this.setting = setting;
        this.dataSource = setting.database().empty();
        Database.execute(dataSource, "CREATE TABLE effect (run BIGINT NOT NULL)");
        guard(dataSource).build().createTables();
    }

    private JdbcGuardBuilder guard(DataSource over) {
        return JdbcGuard.on(over).resource("invoices").isolation(setting.isolation());
    }

    private String effect(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            int run = runs.incrementAndGet();
            statement.execute("INSERT INTO effect VALUES (" + run + ")");
            return "result of run " + run;
        }
    }

    private long rows(String table) throws SQLException {
        return Database.number(dataSource, "SELECT COUNT(*) FROM " + table);
    }

    @Test
    void aRetryAndTheNextLeaderGetTheFirstResult() throws SQLException {
        JdbcGuard guard = guard(dataSource).build();
        assertThat(guard.write(TERM, "invoice-2026-11", this::effect)).isEqualTo("result of run 1");
        assertThat(guard.write(TERM, "invoice-2026-11", this::effect)).isEqualTo("result of run 1");
        assertThat(guard(dataSource).build().write(FixedTerm.of(2), "invoice-2026-11", this::effect))
                .isEqualTo("result of run 1");
        assertThat(guard.write(FixedTerm.of(2), "Invoice-2026-11", this::effect))
                .isEqualTo("result of run 2");
        assertThat(rows("effect")).isEqualTo(2);
    }

    /** Who was told a result acts on it; a leader before must not change what it rests on. */
    @Test
    void alsoARepeatedOperationAdvancesTheFence() throws SQLException {
        JdbcGuard guard = guard(dataSource).build();
        guard.write(TERM, "a", this::effect);
        guard.write(FixedTerm.of(2), "a", this::effect);
        assertThatThrownBy(() -> guard.write(FixedTerm.of(1), "a", this::effect))
                .isInstanceOf(StaleTokenException.class);
    }

    @Test
    void anOperationOfTheSameNameOfAnotherResourceIsAnotherOne() throws SQLException {
        guard(dataSource).build().write(TERM, "a", this::effect);
        assertThat(guard(dataSource).resource("orders").build().write(TERM, "a", this::effect))
                .isEqualTo("result of run 2");
    }

    @Test
    void ofManyAtTheSameTimeOneRuns() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            guard(dataSource).build().write(TERM, "before", connection -> "");
            List<Future<String>> results = new ArrayList<>();
            for (int caller = 0; caller < 4; caller++) {
                results.add(threads.submit(() -> guard(dataSource).build().write(TERM, "a", this::effect)));
            }
            String first = results.get(0).get();
            for (Future<String> result : results) {
                assertThat(result.get()).isEqualTo(first);
            }
            assertThat(rows("effect")).isOne();
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void aLostAnswerToTheCommitIsResolvedByRepeating() throws SQLException {
        AtomicBoolean lose = new AtomicBoolean(true);
        DataSource losing = new SpiedDataSource(dataSource, new SpiedDataSource.Spy() {
            @Override
            public void after(String what) throws SQLException {
                if (what.equals("commit") && lose.getAndSet(false)) {
                    throw new SQLException("connection reset", "08006");
                }
            }
        });
        JdbcGuard guard = guard(losing).build();
        assertThatThrownBy(() -> guard.write(TERM, "a", this::effect))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("whether it was written is not known");
        assertThat(guard.write(TERM, "a", this::effect)).isEqualTo("result of run 1");
        assertThat(rows("effect")).isOne();
    }

    @Test
    void afterAFailureTheOperationRunsAgain() throws SQLException {
        JdbcGuard guard = guard(dataSource).build();
        assertThatThrownBy(() -> guard.write(TERM, "a", connection -> {
                    effect(connection);
                    throw new IllegalStateException("no paper");
                }))
                .hasMessage("no paper");
        assertThat(guard.write(TERM, "a", this::effect)).isEqualTo("result of run 2");
        assertThat(rows("effect")).isOne();
    }

    @Test
    void noMoreThanTheRetentionsCountIsKept() throws SQLException {
        JdbcGuard guard = guard(dataSource).retention(Duration.ofDays(1), 5).build();
        for (int operation = 1; operation <= 12; operation++) {
            guard.write(TERM, "operation-" + operation, this::effect);
        }
        assertThat(rows("mandate_operation")).isEqualTo(5);
        assertThat(guard.write(TERM, "operation-8", this::effect)).isEqualTo("result of run 8");
        assertThat(guard.write(TERM, "operation-7", this::effect)).isEqualTo("result of run 13");
    }

    @Test
    void whatIsOlderThanTheRetentionIsDeleted() throws SQLException {
        JdbcGuard guard = guard(dataSource).retention(Duration.ofHours(1), 100).build();
        for (int operation = 1; operation <= 3; operation++) {
            guard.write(TERM, "operation-" + operation, this::effect);
        }
        Database.execute(
                dataSource,
                "UPDATE mandate_operation SET recorded_millis = recorded_millis - 3600001 WHERE operation_number < 3");
        guard.write(TERM, "operation-4", this::effect);
        assertThat(rows("mandate_operation")).isEqualTo(2);
        assertThat(guard.write(TERM, "operation-3", this::effect)).isEqualTo("result of run 3");
    }

    @Test
    void aBacklogIsDeletedInSmallBatches() throws SQLException {
        StringBuilder backlog = new StringBuilder("INSERT INTO mandate_operation VALUES ");
        for (int number = 1; number <= 250; number++) {
            backlog.append(number == 1 ? "" : ", ")
                    .append("('invoices', 'old-" + number + "', " + number + ", 1, 0, '')");
        }
        Database.execute(dataSource, backlog.toString());
        JdbcGuard guard = guard(dataSource).build();
        guard.write(TERM, "a", this::effect);
        assertThat(rows("mandate_operation")).isEqualTo(151);
        guard.write(TERM, "b", this::effect);
        assertThat(rows("mandate_operation")).isEqualTo(52);
        guard.write(TERM, "c", this::effect);
        assertThat(rows("mandate_operation")).isEqualTo(3);
    }

    @Test
    void idsAndResultsOutOfBoundsAreRefusedWithTheBound() throws SQLException {
        JdbcGuard guard = guard(dataSource).build();
        assertThatThrownBy(() -> guard.write(TERM, "x".repeat(201), this::effect))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("201 characters, not between 1 and 200");
        assertThatThrownBy(() -> guard.write(TERM, "", this::effect)).hasMessageContaining("0 characters");
        assertThatThrownBy(() -> guard.write(TERM, "a ", this::effect)).hasMessageContaining("blank");
        assertThatThrownBy(() -> guard.write(TERM, "a\nb", this::effect)).hasMessageContaining("control character");
        assertThat(runs).hasValue(0);
        assertThatThrownBy(() -> guard.write(TERM, "a", connection -> effect(connection) + "ü".repeat(8_190)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("more than 16384");
        assertThatThrownBy(() -> guard.write(TERM, "a", connection -> effect(connection) + "\0"))
                .hasMessageContaining("code 0");
        assertThat(rows("effect")).isZero();
        String largest = "ü".repeat(8_192);
        assertThat(guard.write(TERM, "x".repeat(200), connection -> largest)).isEqualTo(largest);
        assertThat(guard.write(TERM, "x".repeat(200), connection -> "")).isEqualTo(largest);
        assertThat(guard.write(TERM, "empty", connection -> "")).isEmpty();
    }
}
