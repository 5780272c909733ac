package io.mandate.example.jobs;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.election.guard.StaleTokenException;
import io.mandate.election.guard.jdbc.JdbcGuard;
import io.mandate.election.partition.PartitionMembership;
import io.mandate.election.partition.PartitionedWorkload;
import io.mandate.testkit.ElectionExtension;
import io.mandate.testkit.MandateStore;
import io.mandate.testkit.PausableStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Every job has its effect once, whoever leaves or stands still. */
@ExtendWith(ElectionExtension.class)
class JobQueueTest {
    private static final Path GUIDE = Path.of("..", "docs", "guides", "partitions.md");
    private static final Path EXAMPLE = Path.of("src", "test", "java", "io", "mandate", "example", "jobs");
    private static final AtomicInteger DATABASES = new AtomicInteger();
    private static final int PARTITIONS = 12;
    private static final int ACCOUNTS = 30;
    private static final long WAIT_SECONDS_MAX = 30;

    private final JdbcDataSource database = new JdbcDataSource();
    private final HeldDatabase held = new HeldDatabase(database);
    private final Map<String, PausableStore> connections = new HashMap<>();
    private final List<PartitionMembership> shares = new ArrayList<>();
    private final Queue<StaleTokenException> refusals = new ConcurrentLinkedQueue<>();
    private final AtomicInteger submitted = new AtomicInteger();

    @BeforeEach
    void tablesOfTheGuide() throws SQLException, IOException {
        database.setURL("jdbc:h2:mem:jobs" + DATABASES.incrementAndGet() + ";DB_CLOSE_DELAY=-1;LOCK_TIMEOUT=20000");
        String guide = Files.readString(GUIDE);
        int begin = guide.indexOf("```sql") + "```sql".length();
        execute(guide.substring(begin, guide.indexOf("```", begin)));
        JdbcGuard.on(database).resource("jobs").build().createTables();
    }

    @AfterEach
    void everybodyLeaves() throws Exception {
        held.releaseAll();
        connections.values().forEach(PausableStore::resume);
        for (PartitionMembership share : shares) {
            share.closeAsync().get(WAIT_SECONDS_MAX, SECONDS);
        }
        execute("SHUTDOWN");
    }

    private PartitionMembership join(MandateStore store, String member) throws Exception {
        PausableStore connection = store.connect();
        connections.put(member, connection);
        JobQueue queue = new JobQueue(held.dataSource());
        PartitionMembership share = PartitionedWorkload.of(connection, "jobs", PARTITIONS)
                .member(member)
                .ttl(Duration.ofMillis(500))
                .settle(Duration.ofMillis(50))
                .join(partition -> {
                    try {
                        queue.run(partition);
                    } catch (StaleTokenException refused) {
                        refusals.add(refused);
                        throw refused;
                    }
                });
        shares.add(share);
        share.joined().get(WAIT_SECONDS_MAX, SECONDS);
        return share;
    }

    private PausableStore connection(String member) {
        return Objects.requireNonNull(connections.get(member), member);
    }

    private void submit(MandateStore store, String account) throws SQLException {
        PartitionedWorkload jobs = PartitionedWorkload.of(store.operator(), "jobs", PARTITIONS);
        new JobQueue(database).submit(jobs, account, 100);
        submitted.getAndIncrement();
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private long number(String sql) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            assertThat(row.next()).isTrue();
            return row.getLong(1);
        }
    }

    private static void await(String what, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + SECONDS.toNanos(WAIT_SECONDS_MAX);
        while (!condition.call()) {
            assertThat(System.nanoTime() - deadline).as("waited for: " + what).isNegative();
            LockSupport.parkNanos(5_000_000);
        }
    }

    private long bookedBy(String member) throws SQLException {
        return number("SELECT COUNT(*) FROM booking WHERE member = '" + member + "'");
    }

    /** So many more than it has now, while jobs are submitted all the time. */
    private void awaitBookings(String member, int more) throws Exception {
        long enough = bookedBy(member) + more;
        await(more + " more by " + member, () -> bookedBy(member) >= enough);
    }

    private void awaitAllDone() throws Exception {
        await("all jobs done", () -> number("SELECT COUNT(*) FROM job WHERE NOT done") == 0);
        assertThat(number("SELECT COUNT(*) FROM booking")).isEqualTo(submitted.get());
        assertThat(number("SELECT COUNT(DISTINCT job) FROM booking")).isEqualTo(submitted.get());
    }

    @Test
    void everyJobIsDoneOnceAndInOrderThoughOneMemberLeavesAndOneStandsStill(MandateStore store) throws Exception {
        AtomicBoolean enough = new AtomicBoolean();
        CompletableFuture<Void> submitter = CompletableFuture.runAsync(() -> {
            try {
                for (int i = 0; !enough.get(); i++) {
                    submit(store, "account-" + i % ACCOUNTS);
                    LockSupport.parkNanos(1_000_000);
                }
            } catch (SQLException failed) {
                throw new IllegalStateException(failed);
            }
        });
        try {
            PartitionMembership leaver = join(store, "a");
            join(store, "b");
            awaitBookings("a", 20);
            awaitBookings("b", 20);
            leaver.close();
            join(store, "c");
            awaitBookings("c", 20);
            connection("b").pause();
            // Partitions of b's go on: its keys go with its lease.
            await("c owns everything", () -> shares.get(2).owned().size() == PARTITIONS);
            awaitBookings("c", 20);
            connection("b").resume();
            awaitBookings("b", 20);
        } finally {
            enough.set(true);
        }
        submitter.get(WAIT_SECONDS_MAX, SECONDS);
        awaitAllDone();
        assertThat(number("SELECT COUNT(*) FROM booking x JOIN booking y ON x.account = y.account"
                        + " WHERE x.entry < y.entry AND x.job > y.job"))
                .as("bookings of one account out of order")
                .isZero();
    }

    @Test
    void aBookingThatIsLateIsRefused(MandateStore store) throws Exception {
        HeldDatabase.Hold beforeTheWrite = held.hold("setAutoCommit");
        join(store, "a");
        submit(store, "alice");
        beforeTheWrite.reached().get(WAIT_SECONDS_MAX, SECONDS);
        connection("a").pause();
        join(store, "b");
        await("b books", () -> bookedBy("b") == 1);
        beforeTheWrite.release();
        await("refusal", () -> !refusals.isEmpty());
        awaitAllDone();
        assertThat(bookedBy("a")).isZero();
    }

    @Test
    void aBookingThatWasCommittedLateIsNotRepeated(MandateStore store) throws Exception {
        join(store, "a");
        submit(store, "alice");
        awaitAllDone();
        HeldDatabase.Hold beforeTheCommit = held.hold("commit");
        submit(store, "alice");
        beforeTheCommit.reached().get(WAIT_SECONDS_MAX, SECONDS);
        connection("a").pause();
        join(store, "b");
        // By now b has seen the job, which is not done.
        await(
                "b waits for a",
                () -> number("SELECT COUNT(*) FROM information_schema.sessions WHERE blocker_id IS NOT NULL") > 0);
        beforeTheCommit.release();
        awaitAllDone();
        // What b does next has come after what it did with the job of before.
        submit(store, "alice");
        awaitAllDone();
        assertThat(bookedBy("b")).isEqualTo(1);
        assertThat(bookedBy("a")).isEqualTo(2);
    }

    @Test
    void theGuideQuotesTheExampleAsItIs() throws IOException {
        String source = Files.readString(EXAMPLE.resolve("JobQueue.java"));
        assertThat(Files.readString(GUIDE)).contains(source.substring(source.indexOf("final class JobQueue")));
    }
}
