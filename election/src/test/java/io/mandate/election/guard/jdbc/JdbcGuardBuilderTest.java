package io.mandate.election.guard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.election.guard.FixedTerm;
import java.sql.SQLException;
import java.time.Duration;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class JdbcGuardBuilderTest {
    private static JdbcGuardBuilder described() throws SQLException {
        return JdbcGuard.on(Database.H2.empty()).resource("invoices");
    }

    private static void refused(JdbcGuardBuilder builder, String why) {
        assertThatThrownBy(builder::build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(why);
    }

    @Test
    void whatIsOutOfBoundsIsRefusedWithTheBounds() throws SQLException {
        refused(JdbcGuard.on(Database.H2.empty()), "name of a resource '' has 0 characters, not between 1 and 200");
        refused(described().resource(" a"), "begins or ends with a blank");
        refused(described().schema(""), "'' is no name of a schema");
        refused(described().schema("s".repeat(257)), "257 characters, not between 1 and 256");
        refused(described().lockTimeout(Duration.ofMillis(1_500)), "not a number of seconds between 1 and 3600");
        refused(described().lockTimeout(Duration.ZERO), "not a number of seconds between 1 and 3600");
        refused(described().idleTransactionTimeout(Duration.ofMillis(99)), "not between PT0.1S and PT24H");
        refused(described().retention(Duration.ZERO, 1), "not between a second and");
        refused(described().retention(Duration.ofDays(1), 0), "a retention of 0 operations is not between 1 and");
    }

    @ParameterizedTest
    @EnumSource(Database.class)
    void theTablesCanLiveInASchemaOfTheirOwn(Database database) throws SQLException {
        DataSource dataSource = database.empty();
        Database.execute(dataSource, "CREATE SCHEMA IF NOT EXISTS guards_of_" + database);
        JdbcGuard guard = JdbcGuard.on(dataSource)
                .resource("invoices")
                .schema("guards_of_" + database)
                .build();
        guard.createTables();
        guard.write(FixedTerm.of(1), "a", connection -> "");
        assertThat(Database.number(dataSource, "SELECT COUNT(*) FROM guards_of_" + database + ".mandate_operation"))
                .isOne();
    }

    @Test
    void aGuardKeepsItsResourceWhenItsBuilderDescribesAnother() throws SQLException {
        DataSource dataSource = Database.H2.empty();
        JdbcGuardBuilder builder = JdbcGuard.on(dataSource).resource("invoices");
        JdbcGuard first = builder.build();
        JdbcGuard second =
                builder.resource("payments").lockTimeout(Duration.ofSeconds(1)).build();
        first.createTables();
        first.write(FixedTerm.of(1), connection -> "");
        second.write(FixedTerm.of(2), connection -> "");
        assertThat(Database.number(dataSource, "SELECT token FROM mandate_fence WHERE resource = 'invoices'"))
                .isEqualTo(1);
        assertThat(Database.number(dataSource, "SELECT token FROM mandate_fence WHERE resource = 'payments'"))
                .isEqualTo(2);
    }
}
