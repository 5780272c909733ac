package io.mandate.election.guard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.election.Term;
import io.mandate.election.TermEnd;
import io.mandate.election.guard.FixedTerm;
import io.mandate.election.guard.StaleTokenException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

@ParameterizedClass
@MethodSource("io.mandate.election.guard.jdbc.Setting#all")
@Tag("integration")
@Timeout(120)
class JdbcRowTest {
    private static final JdbcRow JOB =
            JdbcRow.of("job").token("fence").version("version").key("id", 7);

    private final Setting setting;
    private final DataSource dataSource;

    JdbcRowTest(Setting setting) throws SQLException {
        this.setting = setting;
        this.dataSource = setting.database().empty();
        Database.execute(
                dataSource,
                "CREATE TABLE job (id INT NOT NULL PRIMARY KEY, state INT, owner VARCHAR(20),"
                        + " fence BIGINT DEFAULT 0, version BIGINT DEFAULT 0 NOT NULL)",
                "INSERT INTO job (id, state) VALUES (7, 0)",
                "INSERT INTO job (id, state) VALUES (8, 0)");
    }

    private boolean update(long token, Map<String, ? extends @Nullable Object> values) throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            return JOB.update(connection, FixedTerm.of(token), values);
        }
    }

    private long column(String name) throws SQLException {
        return Database.number(dataSource, "SELECT " + name + " FROM job WHERE id = 7");
    }

    @Test
    void anUpdateWritesTheTokenAndCountsTheVersion() throws SQLException {
        Map<String, @Nullable Object> values = new HashMap<>();
        values.put("state", 4);
        values.put("owner", null);
        assertThat(update(3, values)).isTrue();
        assertThat(update(3, Map.of("state", 5, "owner", "a"))).isTrue();
        assertThat(column("state")).isEqualTo(5);
        assertThat(column("fence")).isEqualTo(3);
        assertThat(column("version")).isEqualTo(2);
        assertThat(Database.number(dataSource, "SELECT version FROM job WHERE id = 8"))
                .isZero();
    }

    @Test
    void aStaleTokenIsRefusedAfterALargerOneAndEndsTheTerm() throws SQLException {
        update(3, Map.of("state", 3));
        Term stale = FixedTerm.of(2);
        try (Connection connection = dataSource.getConnection()) {
            assertThatThrownBy(() -> JOB.update(connection, stale, Map.of("state", 2)))
                    .isInstanceOf(StaleTokenException.class)
                    .hasMessageContaining("job{id=7}")
                    .hasMessageContaining("smaller than 3");
        }
        assertThat(stale.ended()).isCompletedWithValue(TermEnd.SUPERSEDED);
        assertThat(column("state")).isEqualTo(3);
    }

    @Test
    void aRowThatIsNotThereIsNotUpdated() throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            assertThat(JOB.key("state", 9).update(connection, FixedTerm.of(1), Map.of("owner", "a")))
                    .isFalse();
        }
    }

    /** What was read before is no licence: the statement itself compares, or fails where its snapshot is older. */
    @Test
    void aSnapshotFromBeforeTheSuccessorLetsNothingThrough() throws SQLException {
        try (Transaction transaction = Transaction.begin(dataSource, setting.isolation())) {
            Connection connection = transaction.connection();
            Database.number(connection, "SELECT fence FROM job WHERE id = 7");
            update(2, Map.of("state", 2));
            assertThatThrownBy(() -> JOB.update(connection, FixedTerm.of(1), Map.of("state", 1)))
                    .satisfiesAnyOf(
                            refused -> assertThat(refused).isInstanceOf(StaleTokenException.class),
                            refused ->
                                    assertThat(SqlFailures.isConflict(refused)).isTrue());
        }
        assertThat(column("state")).isEqualTo(2);
    }

    @Test
    void aNullTokenIsNamedAsTheMistakeItIs() throws SQLException {
        Database.execute(dataSource, "UPDATE job SET fence = NULL");
        assertThatThrownBy(() -> update(1, Map.of("state", 1))).hasMessageContaining("NOT NULL DEFAULT 0");
    }

    @Test
    void aKeyOfSeveralRowsIsNamedAsTheMistakeItIs() throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            JdbcRow several =
                    JdbcRow.of("job").token("fence").version("version").key("state", 0);
            assertThatThrownBy(() -> several.update(connection, FixedTerm.of(1), Map.of("owner", "a")))
                    .hasMessageContaining("names 2 rows");
        }
    }

    @Test
    void whatIsNoNameIsRefusedWithTheBound() throws SQLException {
        refused(() -> JdbcRow.of(""), "a part of it has 0 characters, not between 1 and 256");
        refused(() -> JdbcRow.of(".job"), "a part of it has 0 characters");
        refused(() -> JdbcRow.of("\"\""), "a part of it has 0 characters");
        refused(() -> JdbcRow.of("j".repeat(257)), "a part of it has 257 characters, not between 1 and 256");
        refused(() -> JdbcRow.of("a.b.c"), "has 3 parts");
        refused(() -> JdbcRow.of("\"job"), "has no closing quote");
        refused(() -> JdbcRow.of("\"job\"\""), "has no closing quote");
        refused(() -> JdbcRow.of("\"a\"b"), "goes on after its closing quote");
        refused(() -> JdbcRow.of("job\0"), "character of code 0");
        refused(() -> JOB.token("\ud83d"), "half a surrogate pair");
        refused(() -> JOB.version(""), "is no name of a column");
        refused(() -> JOB.key("\"id\".x", 1), "goes on after its closing quote");
        refused(() -> update(1, Map.of("", 2)), "is no name of a column");
        refused(() -> update(1, Map.of()), "an update of 0 columns");
        refused(() -> update(1, Map.of("FENCE", 2)), "would be written twice");
        refused(() -> update(1, Map.of("State", 1, "state", 2)), "would be written twice");
        refused(() -> update(1, Map.of("version", 1)), "would be written twice");
        try (Connection connection = dataSource.getConnection()) {
            refused(
                    () -> JdbcRow.of("public.job").update(connection, FixedTerm.of(1), Map.of("state", 1)),
                    "is not described");
        }
        assertThat(column("version")).isZero();
    }

    @Test
    void aNameIsNoStatement() throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            for (JdbcRow row : List.of(
                    JdbcRow.of("job; DROP TABLE job")
                            .token("fence")
                            .version("version")
                            .key("id", 7),
                    JOB.token("fence <= 9 or fence"),
                    JOB.key("id = 7 or id", 7))) {
                assertThatThrownBy(() -> row.update(connection, FixedTerm.of(1), Map.of("state", 1)))
                        .isInstanceOf(SQLException.class);
            }
            assertThatThrownBy(() -> update(1, Map.of("state = 1, owner", 2))).isInstanceOf(SQLException.class);
        }
        assertThat(column("version")).isZero();
    }

    private static void refused(ThrowingCallable call, String why) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(why);
    }
}
