package io.mandate.verify.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.verify.process.ProcessCluster;
import io.mandate.verify.process.TestedServer;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A leader that is stopped between its last look and its write is refused when it wakes, by each guard; without it, it
 * is not. The long form: {@code mvn verify -Plong -pl verify -am -Dit.test=PausedLeaderTest
 * -Dfailsafe.failIfNoSpecifiedTests=false}.
 */
@Tag("integration")
class PausedLeaderTest {
    @TempDir
    private static Path directory;

    private static ProcessCluster cluster;
    private static Optional<EmbeddedPostgres> postgres = Optional.empty();
    private static ObjectServer objects;

    @BeforeAll
    static void start() throws IOException {
        cluster = ProcessCluster.of(TestedServer.mandate(), 3, directory).start();
        objects = new ObjectServer();
        try {
            postgres = Optional.of(EmbeddedPostgres.builder().start());
        } catch (IOException | IllegalStateException failure) {
            System.err.println("*** SKIPPED, PROVES NOTHING FOR DATABASES: no PostgreSQL: " + failure + " ***");
        }
    }

    @AfterAll
    static void stop() throws IOException {
        cluster.close();
        objects.close();
        if (postgres.isPresent()) {
            postgres.get().close();
        }
    }

    private static String place(Resource resource, String name) throws SQLException {
        return switch (resource) {
            case FILE -> directory.resolve("ledger-" + name).toString();
            case OBJECT -> objects.uri("ledger-" + name);
            case STORE -> "ledgers/" + name;
            case DATABASE -> database();
        };
    }

    private static String database() throws SQLException {
        Assumptions.assumeTrue(postgres.isPresent());
        EmbeddedPostgres server = postgres.orElseThrow();
        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("DROP TABLE IF EXISTS ledger");
            statement.execute(PlainDatabaseLedger.TABLE);
            statement.execute(PlainDatabaseLedger.ROW);
        }
        return server.getJdbcUrl("postgres", "postgres");
    }

    private static PausedLeaderRun.Report run(Resource resource, boolean guarded, int rounds) throws Exception {
        String place = place(resource, guarded + "-" + rounds);
        PausedLeaderRun.Report report =
                PausedLeaderRun.run(String.join(",", cluster.endpoints()), resource, place, guarded, rounds);
        System.out.println(resource + (guarded ? " guarded: " : " without a guard: ") + report);
        return report;
    }

    private static void assertRefused(Resource resource, int rounds) throws Exception {
        PausedLeaderRun.Report report = run(resource, true, rounds);
        assertThat(report.staleWritesAccepted()).isZero();
        assertThat(report.staleWritesRefused()).isEqualTo(rounds);
        assertThat(report.lost()).isZero();
        assertThat(report.acknowledged()).isGreaterThanOrEqualTo(rounds);
    }

    private static void assertAccepted(Resource resource, int rounds) throws Exception {
        PausedLeaderRun.Report report = run(resource, false, rounds);
        assertThat(report.staleWritesAccepted()).isEqualTo(rounds);
        assertThat(report.lost()).isPositive();
    }

    @ParameterizedTest
    @EnumSource
    @Timeout(120)
    void aStoppedLeaderIsRefusedWhenItWakes(Resource resource) throws Exception {
        assertRefused(resource, 2);
    }

    @ParameterizedTest
    @EnumSource
    @Timeout(120)
    void withoutAGuardItIsNotRefused(Resource resource) throws Exception {
        assertAccepted(resource, 1);
    }

    @ParameterizedTest
    @EnumSource
    @Tag("long")
    @Timeout(value = 20, unit = TimeUnit.MINUTES)
    void aHundredTimes(Resource resource) throws Exception {
        assertRefused(resource, 100);
        assertAccepted(resource, 100);
    }
}
