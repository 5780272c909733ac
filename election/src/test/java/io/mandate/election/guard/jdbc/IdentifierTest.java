package io.mandate.election.guard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.election.Term;
import io.mandate.election.guard.FixedTerm;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Names are taken as they are written; only if nothing is called so, as the database stores what is not quoted. */
@ParameterizedClass
@EnumSource(Database.class)
@Tag("integration")
@Timeout(120)
class IdentifierTest {
    private static final Term TERM = FixedTerm.of(3);

    /** Of 63 bytes, the longest that PostgreSQL keeps. */
    private static final String LONGEST = "t".repeat(63);

    private final Database database;
    private final DataSource dataSource;

    IdentifierTest(Database database) throws SQLException {
        this.database = database;
        this.dataSource = database.empty();
    }

    private static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    /** What the database makes of a name that is not quoted. */
    private String folded(String name) {
        return database == Database.H2 ? name.toUpperCase(Locale.ROOT) : name.toLowerCase(Locale.ROOT);
    }

    /** A table whose columns are id, state, fence and version, not quoted. */
    private void create(String table) throws SQLException {
        Database.execute(
                dataSource,
                "CREATE TABLE " + table + " (id INT NOT NULL PRIMARY KEY, state INT,"
                        + " fence BIGINT DEFAULT 0 NOT NULL, version BIGINT DEFAULT 0 NOT NULL)",
                "INSERT INTO " + table + " (id, state) VALUES (7, 0)");
    }

    private static JdbcRow row(String table) {
        return JdbcRow.of(table).token("fence").version("version").key("id", 7);
    }

    private boolean update(JdbcRow row, Map<String, ?> values) throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            return row.update(connection, TERM, values);
        }
    }

    private long writes(String table) throws SQLException {
        return Database.number(dataSource, "SELECT MAX(version) FROM " + table);
    }

    @Test
    void aReservedWordNamesATable() throws SQLException {
        create(quoted("order"));
        assertThat(update(row("order"), Map.of("state", 1))).isTrue();
        assertThat(update(row("\"order\""), Map.of("state", 1))).isTrue();
        assertThat(writes(quoted("order"))).isEqualTo(2);
    }

    @Test
    void aReservedWordNamesAColumn() throws SQLException {
        Database.execute(
                dataSource,
                "CREATE TABLE job (\"primary\" INT NOT NULL PRIMARY KEY, \"Select\" INT,"
                        + " \"order\" BIGINT DEFAULT 0 NOT NULL, \"user\" BIGINT DEFAULT 0 NOT NULL)",
                "INSERT INTO job (\"primary\") VALUES (7)");
        JdbcRow job = JdbcRow.of("job").token("order").version("user").key("primary", 7);
        assertThat(update(job, Map.of("Select", 1))).isTrue();
        assertThat(Database.number(dataSource, "SELECT \"Select\" + \"user\" + \"order\" FROM job"))
                .isEqualTo(5);
    }

    @Test
    void theTableOfThatNameIsWrittenAndNotOneThatDiffersInCase() throws SQLException {
        create("job");
        create(quoted("Job"));
        assertThat(update(row("Job"), Map.of("state", 1))).isTrue();
        assertThat(writes(quoted("Job"))).isOne();
        assertThat(writes("job")).isZero();
        assertThat(update(row(folded("job")), Map.of("state", 1))).isTrue();
        assertThat(writes(quoted("Job"))).isOne();
        assertThat(writes("job")).isOne();
    }

    @Test
    void aTableThatWasMadeWithoutQuotesIsFoundInAnyCase() throws SQLException {
        create("job");
        for (String name : List.of("job", "JOB", "Job")) {
            assertThat(update(row(name), Map.of("STATE", 1))).isTrue();
        }
        assertThat(writes("job")).isEqualTo(3);
    }

    @Test
    void columnsThatDifferInCaseAreTwo() throws SQLException {
        Database.execute(
                dataSource,
                "CREATE TABLE job (id INT NOT NULL PRIMARY KEY, \"State\" INT, \"sTATE\" INT, \"Fence\" INT,"
                        + " fence BIGINT DEFAULT 0 NOT NULL, version BIGINT DEFAULT 0 NOT NULL)",
                "INSERT INTO job (id) VALUES (7)");
        assertThat(update(row("job"), Map.of("State", 1, "sTATE", 10, "Fence", 100)))
                .isTrue();
        assertThat(Database.number(dataSource, "SELECT \"State\" + \"sTATE\" + \"Fence\" FROM job"))
                .isEqualTo(111);
        assertThatThrownBy(() -> update(row("job"), Map.of("FeNCE", 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("would be written twice");
    }

    @Test
    void anyCharactersMakeAName() throws SQLException {
        List<String> names =
                List.of("a\"b", "a b", " a ", "größe", "Äpfel", "表", "a_%\\c'd", "1", "a;--", "`x`", "[x]");
        for (String name : names) {
            Database.execute(
                    dataSource,
                    "CREATE TABLE " + quoted(name) + " (" + quoted(name) + " INT NOT NULL PRIMARY KEY, "
                            + quoted(name + "2") + " INT, " + quoted(name + "3") + " BIGINT DEFAULT 0 NOT NULL, "
                            + quoted(name + "4") + " BIGINT DEFAULT 0 NOT NULL)",
                    "INSERT INTO " + quoted(name) + " (" + quoted(name) + ") VALUES (7)");
            JdbcRow plain =
                    JdbcRow.of(name).token(name + "3").version(name + "4").key(name, 7);
            assertThat(update(plain, Map.of(name + "2", 1))).as(name).isTrue();
            JdbcRow delimited = JdbcRow.of(quoted(name))
                    .token(quoted(name + "3"))
                    .version(quoted(name + "4"))
                    .key(quoted(name), 7);
            assertThat(update(delimited, Map.of(quoted(name + "2"), 1)))
                    .as(name)
                    .isTrue();
            assertThat(Database.number(dataSource, "SELECT " + quoted(name + "4") + " FROM " + quoted(name)))
                    .isEqualTo(2);
        }
    }

    /** A name like a pattern of the catalogue's must not find the tables that it would match. */
    @Test
    void aNameIsNoPattern() throws SQLException {
        create(quoted("Job1"));
        assertThatThrownBy(() -> update(row("Job_"), Map.of("state", 1)))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("Job_");
        assertThat(writes(quoted("Job1"))).isZero();
    }

    @Test
    void aDotStandsBetweenSchemaAndTableUnlessItIsQuoted() throws SQLException {
        String schema = "Shop." + database;
        Database.execute(dataSource, "CREATE SCHEMA IF NOT EXISTS " + quoted(schema));
        create(quoted(schema) + "." + quoted("a.b"));
        create(quoted("a.b"));
        assertThat(update(row("\"a.b\""), Map.of("state", 1))).isTrue();
        assertThat(update(row(quoted(schema) + ".\"a.b\""), Map.of("state", 1))).isTrue();
        assertThat(update(row(quoted(schema) + ".\"a.b\""), Map.of("state", 1))).isTrue();
        assertThat(writes(quoted("a.b"))).isOne();
        assertThat(writes(quoted(schema) + "." + quoted("a.b"))).isEqualTo(2);
        Database.execute(dataSource, "DROP SCHEMA " + quoted(schema) + " CASCADE");
    }

    @Test
    void aSchemaThatWasMadeWithoutQuotesIsFoundInAnyCase() throws SQLException {
        Database.execute(dataSource, "CREATE SCHEMA shop_of_" + database);
        create("shop_of_" + database + ".job");
        assertThat(update(row("shop_of_" + database + ".job"), Map.of("state", 1)))
                .isTrue();
        assertThat(update(row("Shop_Of_" + database + ".JOB"), Map.of("state", 1)))
                .isTrue();
        assertThat(writes("shop_of_" + database + ".job")).isEqualTo(2);
        Database.execute(dataSource, "DROP SCHEMA shop_of_" + database + " CASCADE");
    }

    @Test
    void whatIsNotThereIsNamedInBothForms() throws SQLException {
        create("job");
        assertThatThrownBy(() -> update(row("Jbo"), Map.of("state", 1)))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("no table \"Jbo\", nor \"" + folded("Jbo") + "\"")
                .hasMessageContaining("in double quotes");
        assertThatThrownBy(() -> update(row("job"), Map.of("Stat", 1)))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("no column \"Stat\", nor \"" + folded("Stat") + "\"");
        assertThatThrownBy(() -> update(row("Nowhere.job"), Map.of("state", 1)))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("no schema \"Nowhere\", nor \"" + folded("Nowhere") + "\"");
        // In quotes no other case will do.
        assertThatThrownBy(() -> update(row("\"Job\""), Map.of("state", 1))).isInstanceOf(SQLException.class);
        assertThat(writes("job")).isZero();
    }

    /** PostgreSQL cuts what is longer than it keeps, and so would find another table. */
    @Test
    void aNameThatIsTooLongIsNotCut() throws SQLException {
        create(quoted(LONGEST));
        assertThat(update(row(LONGEST), Map.of("state", 1))).isTrue();
        for (String tooLong : List.of(LONGEST + "t", quoted(LONGEST + "t"))) {
            assertThatThrownBy(() -> update(row(tooLong), Map.of("state", 1)))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("no table");
        }
        assertThat(writes(quoted(LONGEST))).isOne();
    }

    @Test
    void whatWasFoundOnceIsLookedForAgainWhenItIsGone() throws SQLException {
        create("job");
        JdbcRow job = row("Job");
        assertThat(update(job, Map.of("state", 1))).isTrue();
        Database.execute(dataSource, "ALTER TABLE job RENAME TO " + quoted("Job"));
        assertThatThrownBy(() -> update(job, Map.of("state", 1))).isInstanceOf(SQLException.class);
        assertThat(update(job, Map.of("state", 1))).isTrue();
        Database.execute(dataSource, "ALTER TABLE " + quoted("Job") + " ADD COLUMN " + quoted("New") + " INT");
        assertThat(update(job, Map.of("New", 1))).isTrue();
        assertThat(writes(quoted("Job"))).isEqualTo(3);
    }

    @Test
    void oneRowServesDatabasesThatStoreNamesDifferently() throws SQLException {
        create("job");
        JdbcRow job = row("Job");
        assertThat(update(job, Map.of("state", 1))).isTrue();
        JdbcDataSource lower = new JdbcDataSource();
        lower.setURL("jdbc:h2:mem:lower" + database + ";DATABASE_TO_LOWER=TRUE;DB_CLOSE_DELAY=-1");
        Database.execute(
                lower,
                "CREATE TABLE \"Job\" (id INT NOT NULL PRIMARY KEY, state INT, fence BIGINT DEFAULT 0, version "
                        + "BIGINT DEFAULT 0)",
                "INSERT INTO \"Job\" (id) VALUES (7)");
        try (Connection connection = lower.getConnection()) {
            assertThat(job.update(connection, TERM, Map.of("state", 1))).isTrue();
        }
        assertThat(Database.number(lower, "SELECT version FROM \"Job\"")).isOne();
        assertThat(writes("job")).isOne();
    }

    @Test
    void theGuardsTablesLiveInTheSchemaOfThatName() throws SQLException {
        for (String schema : List.of("MySchema", "order", "a.b \"c\"", "größe")) {
            Database.execute(dataSource, "CREATE SCHEMA " + quoted(schema));
            String written = schema.contains("\"") ? quoted(schema) : schema;
            JdbcGuard guard = JdbcGuard.on(dataSource)
                    .resource("invoices")
                    .schema(written)
                    .build();
            guard.createTables();
            guard.createTables();
            guard.write(TERM, "a", connection -> "");
            assertThat(Database.number(dataSource, "SELECT COUNT(*) FROM " + quoted(schema) + ".mandate_operation"))
                    .isOne();
            assertThat(Database.number(dataSource, "SELECT token FROM " + quoted(schema) + ".mandate_fence"))
                    .isEqualTo(3);
            Database.execute(dataSource, "DROP SCHEMA " + quoted(schema) + " CASCADE");
        }
    }

    @Test
    void aSchemaOfTheGuardThatIsNotThereIsNamedInBothForms() {
        JdbcGuard guard =
                JdbcGuard.on(dataSource).resource("invoices").schema("Nowhere").build();
        assertThatThrownBy(guard::createTables)
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("no schema \"Nowhere\", nor \"" + folded("Nowhere") + "\"");
        assertThatThrownBy(() -> guard.write(TERM, connection -> 1)).hasMessageContaining("no schema \"Nowhere\"");
    }

    /** The guard's own names are plain words, and stored as the database stores such. */
    @Test
    void theGuardFindsTablesThatWereMadeWithoutQuotes() throws SQLException {
        Database.execute(
                dataSource, FenceTable.definition("Mandate_Fence"), OperationTable.definition("MANDATE_OPERATION"));
        JdbcGuard guard = JdbcGuard.on(dataSource).resource("invoices").build();
        assertThatCode(guard::createTables).doesNotThrowAnyException();
        assertThat(guard.write(TERM, "a", connection -> "first")).isEqualTo("first");
        assertThat(Database.number(dataSource, "SELECT COUNT(*) FROM mandate_operation"))
                .isOne();
    }
}
