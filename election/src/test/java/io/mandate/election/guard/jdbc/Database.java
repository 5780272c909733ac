package io.mandate.election.guard.jdbc;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Assumptions;
import org.postgresql.ds.PGSimpleDataSource;

/** What the guard is tested on. */
enum Database {
    H2("SELECT COUNT(*) FROM information_schema.sessions WHERE blocker_id IS NOT NULL") {
        @Override
        DataSource empty() {
            JdbcDataSource dataSource = new JdbcDataSource();
            // It ends a wait for a row by this setting and not by the statement's query timeout.
            dataSource.setURL("jdbc:h2:mem:guard" + NUMBERS.incrementAndGet() + ";DB_CLOSE_DELAY=-1;LOCK_TIMEOUT=3000");
            return dataSource;
        }
    },
    POSTGRESQL("SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") {
        @Override
        DataSource empty() throws SQLException {
            Assumptions.assumeTrue(Server.RUNNING.isPresent(), "POSTGRESQL COULD NOT BE STARTED");
            EmbeddedPostgres server = Server.RUNNING.orElseThrow();
            String schema = "guard" + NUMBERS.incrementAndGet();
            execute(server.getPostgresDatabase(), "CREATE SCHEMA " + schema);
            PGSimpleDataSource dataSource = (PGSimpleDataSource) server.getPostgresDatabase();
            dataSource.setCurrentSchema(schema);
            return dataSource;
        }
    };

    private static final AtomicInteger NUMBERS = new AtomicInteger();

    private final String blockedSessions;

    Database(String blockedSessions) {
        this.blockedSessions = blockedSessions;
    }

    /** A database with nothing in it. The test is skipped if there is none to be had. */
    abstract DataSource empty() throws SQLException;

    /** Returns when a transaction waits for another one. */
    void awaitBlocked(DataSource dataSource) throws SQLException {
        long deadline = System.nanoTime() + 20_000_000_000L;
        while (number(dataSource, blockedSessions) == 0) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("nobody waits for a lock");
            }
            Thread.onSpinWait();
        }
    }

    static void execute(DataSource dataSource, String... statements) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    static long number(DataSource dataSource, String sql) throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            return number(connection, sql);
        }
    }

    static long number(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            if (!row.next()) {
                throw new AssertionError("no row: " + sql);
            }
            return row.getLong(1);
        }
    }

    /**
     * One server for all tests of this JVM, ended with it. As root it runs in a user namespace of its own, because
     * PostgreSQL refuses to be root.
     */
    private static final class Server {
        static final Optional<EmbeddedPostgres> RUNNING = start();

        private static Optional<EmbeddedPostgres> start() {
            try {
                // Nothing here tests what survives a power failure.
                return Optional.of(EmbeddedPostgres.builder()
                        .setServerConfig("fsync", "off")
                        .setServerConfig("max_connections", "60")
                        .start());
            } catch (IOException | IllegalStateException failure) {
                System.err.println("POSTGRESQL COULD NOT BE STARTED, THE GUARD IS TESTED ON H2 ONLY: " + failure);
                return Optional.empty();
            }
        }
    }
}
