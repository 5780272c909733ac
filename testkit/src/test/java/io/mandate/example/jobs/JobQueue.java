package io.mandate.example.jobs;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.mandate.election.Term;
import io.mandate.election.guard.jdbc.JdbcGuard;
import io.mandate.election.partition.Partition;
import io.mandate.election.partition.PartitionWork;
import io.mandate.election.partition.PartitionedWorkload;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import javax.sql.DataSource;

/**
 * Jobs in a table: those of one account are done one after another, those of different accounts side by side on all
 * members.
 */
final class JobQueue implements PartitionWork {
    /** An amount to be booked. */
    record Job(long id, String account, long cents) {}

    private final DataSource database;

    JobQueue(DataSource database) {
        this.database = database;
    }

    /** From any process. */
    void submit(PartitionedWorkload jobs, String account, long cents) throws SQLException {
        try (Connection connection = database.getConnection()) {
            String sql = "INSERT INTO job (part, account, cents) VALUES (?, ?, ?)";
            execute(connection, sql, jobs.partitionOf(account), account, cents);
        }
    }

    @Override
    public void run(Partition partition) throws Exception {
        String resource = "jobs-" + partition.index();
        JdbcGuard guard = JdbcGuard.on(database).resource(resource).build();
        while (!partition.drainRequested().isDone()) {
            Optional<Job> job = next(partition.index());
            if (job.isPresent()) {
                book(guard, partition.term(), job.get());
            } else {
                pause(partition);
            }
        }
    }

    private Optional<Job> next(int partition) throws SQLException {
        String sql = "SELECT id, account, cents FROM job WHERE part = ? AND NOT done ORDER BY id LIMIT 1";
        try (Connection connection = database.getConnection();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setInt(1, partition);
            try (ResultSet row = statement.executeQuery()) {
                return row.next()
                        ? Optional.of(new Job(row.getLong(1), row.getString(2), row.getLong(3)))
                        : Optional.empty();
            }
        }
    }

    private void book(JdbcGuard guard, Term term, Job job) throws SQLException {
        guard.write(term, "job-" + job.id(), connection -> {
            String booking = "INSERT INTO booking (job, account, cents, member) VALUES (?, ?, ?, ?)";
            execute(connection, booking, job.id(), job.account(), job.cents(), term.candidate());
            execute(connection, "UPDATE job SET done = TRUE WHERE id = ?", job.id());
            return term.candidate();
        });
    }

    private static void pause(Partition partition) throws Exception {
        try {
            partition.drainRequested().get(50, MILLISECONDS);
        } catch (TimeoutException notAsked) {
            // Time to look for jobs again.
        }
    }

    private static void execute(Connection connection, String sql, Object... values) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < values.length; i++) {
                statement.setObject(i + 1, values[i]);
            }
            statement.executeUpdate();
        }
    }
}
