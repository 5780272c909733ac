package io.mandate.verify.simulation;

import io.mandate.election.Term;
import io.mandate.election.guard.jdbc.JdbcGuard;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;

/**
 * A ledger in a table of a database in memory, behind a {@link JdbcGuard}. A writer can be stopped before it has a
 * connection, before it commits and before it hears of that. While it has the row's lock nobody overtakes it: in one
 * thread, that would wait for ever.
 */
final class DatabaseLedger implements GuardedLedger {
    private static final AtomicLong DATABASES = new AtomicLong();

    private final PlantedGuardFault mistake;
    private final JdbcDataSource database = new JdbcDataSource();
    private final DataSource stopped;
    /** The database is there as long as somebody is connected. */
    private final Connection connection;

    /**
     * An empty one.
     *
     * @param open runs before a connection is opened, when others may write
     * @param step runs before and after each commit, when others must not
     */
    DatabaseLedger(PlantedGuardFault mistake, Runnable open, Runnable step) {
        this.mistake = mistake;
        database.setURL("jdbc:h2:mem:simulation-" + DATABASES.incrementAndGet());
        this.stopped = (DataSource) Proxy.newProxyInstance(
                DataSource.class.getClassLoader(), new Class<?>[] {DataSource.class}, (self, method, arguments) -> {
                    open.run();
                    return stopped(database.getConnection(), step);
                });
        try {
            connection = database.getConnection();
            execute("CREATE TABLE ledger (place INT PRIMARY KEY, token BIGINT, operation VARCHAR(200))");
            JdbcGuard.on(database).resource("ledger").build().createTables();
        } catch (SQLException failed) {
            throw new AssertionError(failed);
        }
    }

    private static Connection stopped(Connection inner, Runnable step) {
        return (Connection) Proxy.newProxyInstance(
                Connection.class.getClassLoader(), new Class<?>[] {Connection.class}, (self, method, arguments) -> {
                    boolean commits = method.getName().equals("commit");
                    if (commits) {
                        step.run();
                    }
                    try {
                        Object answer = method.invoke(inner, arguments);
                        if (commits) {
                            step.run();
                        }
                        return answer;
                    } catch (InvocationTargetException failed) {
                        throw failed.getCause();
                    }
                });
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Override
    public Writer open() {
        JdbcGuard guard = JdbcGuard.on(stopped).resource("ledger").build();
        return switch (mistake) {
            case REMOVED -> (term, entry) -> appendUnguarded(entry);
            case FORGETS_OPERATIONS -> (term, entry) -> guard.write(term, connection -> append(connection, entry));
            case COMPARES_BEFORE -> (term, entry) -> appendAfterComparing(guard, term, entry);
            default -> (term, entry) -> guard.write(term, entry.operation(), connection -> append(connection, entry));
        };
    }

    private String appendAfterComparing(JdbcGuard guard, Term term, Entry entry) throws SQLException {
        guard.write(term, compared -> true);
        return appendUnguarded(entry);
    }

    private String appendUnguarded(Entry entry) throws SQLException {
        try (Connection own = stopped.getConnection()) {
            return append(own, entry);
        }
    }

    private static String append(Connection connection, Entry entry) throws SQLException {
        int before;
        try (Statement statement = connection.createStatement();
                ResultSet count = statement.executeQuery("SELECT COUNT(*) FROM ledger")) {
            count.next();
            before = count.getInt(1);
        }
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO ledger VALUES (?, ?, ?)")) {
            insert.setInt(1, before);
            insert.setLong(2, entry.token());
            insert.setString(3, entry.operation());
            insert.executeUpdate();
        }
        return String.valueOf(before);
    }

    @Override
    public List<Entry> entries() {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT token, operation FROM ledger ORDER BY place")) {
            List<Entry> entries = new ArrayList<>();
            while (rows.next()) {
                entries.add(new Entry(rows.getLong(1), rows.getString(2)));
            }
            return entries;
        } catch (SQLException failed) {
            throw new AssertionError(failed);
        }
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException failed) {
            throw new AssertionError(failed);
        }
    }
}
