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
import java.sql.SQLTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** A leader stands still between two statements while another one begins: on every database, at every isolation. */
@ParameterizedClass
@MethodSource("io.mandate.election.guard.jdbc.Setting#all")
@Tag("integration")
@Timeout(120)
class PausedWriterTest {
    private static final int ROUNDS = 10;

    private final Setting setting;
    private final DataSource dataSource;
    private final ExecutorService threads = Executors.newCachedThreadPool();

    PausedWriterTest(Setting setting) throws SQLException {
        this.setting = setting;
        this.dataSource = setting.database().empty();
        Database.execute(dataSource, "CREATE TABLE effect (token BIGINT NOT NULL, round BIGINT NOT NULL)");
        guard(dataSource).createTables();
    }

    @AfterEach
    void close() {
        threads.shutdownNow();
    }

    private JdbcGuard guard(DataSource over) {
        return JdbcGuard.on(over)
                .resource("invoices")
                .isolation(setting.isolation())
                .build();
    }

    private static int effect(Connection connection, long token, int round) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("INSERT INTO effect VALUES (?, ?)")) {
            statement.setLong(1, token);
            statement.setInt(2, round);
            return statement.executeUpdate();
        }
    }

    private Future<Integer> writing(JdbcGuard guard, Term term, int round) {
        return threads.submit(() -> guard.write(term, connection -> effect(connection, term.token(), round)));
    }

    private long effects(long token) throws SQLException {
        return Database.number(dataSource, "SELECT COUNT(*) FROM effect WHERE token = " + token);
    }

    @Test
    void aWriterPausedBeforeTheFenceIsRefusedAfterItsSuccessor() throws Exception {
        guard(dataSource).write(FixedTerm.of(1), connection -> effect(connection, 1, 0));
        Pause pause = new Pause(Pause.Point.BEFORE_FENCE);
        Term old = FixedTerm.of(1);
        Future<Integer> paused = writing(guard(new SpiedDataSource(dataSource, pause)), old, 1);
        pause.awaitReached();

        guard(dataSource).write(FixedTerm.of(2), connection -> effect(connection, 2, 1));
        pause.resume();

        assertThatThrownBy(paused::get)
                .hasCauseInstanceOf(StaleTokenException.class)
                .hasMessageContaining("token 1 of host-1 in election billing is smaller than 2");
        assertThat(old.ended()).isCompletedWithValue(TermEnd.SUPERSEDED);
        assertThat(effects(1)).isEqualTo(1);
        assertThat(effects(2)).isEqualTo(1);
    }

    /** The very first writer of a resource finds no row to update, and so locks none. */
    @Test
    void aFirstWriterPausedBeforeItsInsertIsRefusedAfterItsSuccessor() throws Exception {
        Pause pause = new Pause(Pause.Point.AFTER_FENCE);
        Future<Integer> paused = writing(guard(new SpiedDataSource(dataSource, pause)), FixedTerm.of(1), 1);
        pause.awaitReached();

        guard(dataSource).write(FixedTerm.of(2), connection -> effect(connection, 2, 1));
        pause.resume();

        assertThatThrownBy(paused::get).hasCauseInstanceOf(StaleTokenException.class);
        assertThat(effects(1)).isZero();
    }

    @Test
    void aSuccessorWaitsForAWriterPausedUnderTheFence() throws Exception {
        guard(dataSource).write(FixedTerm.of(1), connection -> effect(connection, 0, 0));
        int round = 0;
        for (Pause.Point point : List.of(Pause.Point.AFTER_FENCE, Pause.Point.BEFORE_COMMIT)) {
            round++;
            Pause pause = new Pause(point);
            long token = 2L * round;
            int inRound = round;
            Future<Integer> paused = writing(guard(new SpiedDataSource(dataSource, pause)), FixedTerm.of(token), round);
            pause.awaitReached();
            Future<Integer> successor = writing(guard(dataSource), FixedTerm.of(token + 1), round);
            setting.database().awaitBlocked(dataSource);

            assertThat(successor).isNotDone();
            pause.resume();

            assertThat(paused.get()).isOne();
            assertThat(successor.get()).isOne();
            assertThatThrownBy(() -> guard(dataSource)
                            .write(FixedTerm.of(token), connection -> effect(connection, token, inRound)))
                    .isInstanceOf(StaleTokenException.class);
            assertThat(effects(token)).isOne();
        }
    }

    @Test
    void aTermThatEndedUnderTheFenceIsNotCommitted() throws Exception {
        guard(dataSource).write(FixedTerm.of(1), connection -> effect(connection, 0, 0));
        Pause pause = new Pause(Pause.Point.AFTER_FENCE);
        Term old = FixedTerm.of(1);
        Future<Integer> paused = writing(guard(new SpiedDataSource(dataSource, pause)), old, 1);
        pause.awaitReached();
        FixedTerm.end(old, TermEnd.PAUSED);
        pause.resume();

        assertThatThrownBy(paused::get).hasCauseInstanceOf(TermEndedException.class);
        assertThat(effects(1)).isZero();
    }

    @Test
    void aSuccessorGivesUpAfterTheLockTimeout() throws Exception {
        guard(dataSource).write(FixedTerm.of(1), connection -> effect(connection, 0, 0));
        Pause pause = new Pause(Pause.Point.AFTER_FENCE);
        Future<Integer> paused = writing(guard(new SpiedDataSource(dataSource, pause)), FixedTerm.of(1), 1);
        pause.awaitReached();
        JdbcGuard impatient = JdbcGuard.on(dataSource)
                .resource("invoices")
                .isolation(setting.isolation())
                .lockTimeout(Duration.ofSeconds(1))
                .build();

        assertThatThrownBy(() -> impatient.write(FixedTerm.of(2), connection -> effect(connection, 2, 1)))
                .isInstanceOf(SQLTimeoutException.class)
                .hasMessageContaining("invoices")
                .hasMessageContaining("within 1 s");
        pause.resume();
        assertThat(paused.get()).isOne();
    }

    /** The snapshot of the paused transaction is older than its successor's token: the case of Yuzu #4015. */
    @Test
    void aSnapshotFromBeforeTheSuccessorLetsNothingThrough() throws Exception {
        for (boolean rowExists : new boolean[] {false, true}) {
            Term old = FixedTerm.of(rowExists ? 3 : 1);
            if (rowExists) {
                guard(dataSource).write(old, connection -> effect(connection, 0, 0));
            }
            try (Transaction transaction = Transaction.begin(dataSource, setting.isolation())) {
                Connection connection = transaction.connection();
                Database.number(connection, "SELECT COUNT(*) FROM effect");
                guard(dataSource).write(FixedTerm.of(old.token() + 1), other -> effect(other, old.token() + 1, 1));

                assertThatThrownBy(() -> guard(dataSource).fence(connection, old))
                        .satisfiesAnyOf(
                                refused -> assertThat(refused).isInstanceOf(StaleTokenException.class),
                                refused -> assertThat(SqlFailures.isConflict(refused))
                                        .isTrue());
            }
        }
    }

    /**
     * Random enough by the three points; the same rounds with the comparison moved out of the writing statement are
     * below.
     */
    @Test
    void inManyRoundsNoStaleWriteIsAccepted() throws Exception {
        int stale = 0;
        for (int round = 0; round < ROUNDS; round++) {
            stale += staleWrites(round, true);
        }
        assertThat(stale).isZero();
    }

    @Test
    void withTheComparisonInASelectBeforeItStaleWritesAreAccepted() throws Exception {
        int stale = 0;
        for (int round = 0; round < ROUNDS; round++) {
            stale += staleWrites(round, false);
        }
        System.out.println("stale writes accepted without the guard: " + stale + " of " + ROUNDS + " at " + setting);
        assertThat(stale).isEqualTo(ROUNDS);
    }

    /**
     * The old leader stands, the new one writes, the old one goes on: 1 if its write was accepted after the new one's.
     */
    private int staleWrites(int round, boolean guarded) throws Exception {
        long token = 10L * round + 1;
        Pause pause = new Pause(Pause.Point.BEFORE_FENCE);
        DataSource pausing = new SpiedDataSource(dataSource, pause);
        Future<Integer> old = guarded
                ? writing(guard(pausing), FixedTerm.of(token), round)
                : threads.submit(() -> selectThenWrite(token, round, pause));
        pause.awaitReached();
        guard(dataSource).write(FixedTerm.of(token + 1), connection -> effect(connection, token + 1, round));
        pause.resume();
        try {
            return old.get();
        } catch (ExecutionException refused) {
            assertThat(refused).hasCauseInstanceOf(StaleTokenException.class);
            return 0;
        }
    }

    /** The planted fault: what one writes who looks first. */
    private int selectThenWrite(long token, int round, Pause pause) throws SQLException {
        try (Transaction transaction = Transaction.begin(dataSource, setting.isolation())) {
            Connection connection = transaction.connection();
            long largest = Database.number(
                    connection, "SELECT COALESCE(MAX(token), 0) FROM mandate_fence WHERE resource = 'invoices'");
            if (largest > token) {
                throw StaleTokenException.of("invoices", FixedTerm.of(token), largest);
            }
            pause.stand();
            int written = effect(connection, token, round);
            transaction.commit();
            return written;
        }
    }

    @Test
    void postgresqlEndsATransactionWhoseWriterStandsStill() throws Exception {
        JdbcGuardBuilder limited = JdbcGuard.on(dataSource)
                .resource("invoices")
                .isolation(setting.isolation())
                .idleTransactionTimeout(Duration.ofMillis(200));
        if (setting.database() != Database.POSTGRESQL) {
            assertThatThrownBy(() -> limited.build().write(FixedTerm.of(1), connection -> effect(connection, 1, 1)))
                    .hasMessageContaining("PostgreSQL's, and this is H2");
            return;
        }
        guard(dataSource).write(FixedTerm.of(1), connection -> effect(connection, 0, 0));
        Pause pause = new Pause(Pause.Point.AFTER_FENCE);
        JdbcGuard idle = JdbcGuard.on(new SpiedDataSource(dataSource, pause))
                .resource("invoices")
                .isolation(setting.isolation())
                .idleTransactionTimeout(Duration.ofMillis(200))
                .build();
        Future<Integer> paused = writing(idle, FixedTerm.of(1), 1);
        pause.awaitReached();

        assertThat(writing(guard(dataSource), FixedTerm.of(2), 1).get(60, TimeUnit.SECONDS))
                .isOne();
        pause.resume();

        assertThatThrownBy(paused::get).hasCauseInstanceOf(SQLException.class);
        assertThat(effects(1)).isZero();
        assertThat(effects(2)).isOne();
    }

    @Test
    void aWriteWithinAWriteIsRefusedInsteadOfWaitingForItself() throws Exception {
        JdbcGuard guard = guard(dataSource);
        CompletableFuture<Throwable> inner = new CompletableFuture<>();
        guard.write(FixedTerm.of(1), connection -> {
            try {
                return guard.write(FixedTerm.of(1), other -> effect(other, 1, 1));
            } catch (IllegalStateException refused) {
                inner.complete(refused);
                return 0;
            }
        });
        assertThat(inner.join()).hasMessageContaining("use the connection that the work was given");
        assertThat(effects(1)).isZero();
    }
}
