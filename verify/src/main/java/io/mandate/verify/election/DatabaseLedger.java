package io.mandate.verify.election;

import io.mandate.cli.demo.Ledger;
import io.mandate.election.Term;
import io.mandate.election.guard.jdbc.JdbcGuard;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import javax.sql.DataSource;

/** A ledger in a row, written under the fence. */
record DatabaseLedger(DataSource dataSource, JdbcGuard guard) implements Ledger {
    @Override
    public Seen read() throws SQLException {
        return PlainDatabaseLedger.read(dataSource);
    }

    @Override
    public boolean append(Term term, Seen seen, String line) throws SQLException {
        return guard.write(term, connection -> update(connection, seen, line) == 1);
    }

    private static int update(Connection connection, Seen seen, String line) throws SQLException {
        try (PreparedStatement update =
                connection.prepareStatement("UPDATE ledger SET content = ? WHERE id = 1 AND content = ?")) {
            update.setString(1, seen.with(line));
            update.setString(2, seen.text());
            return update.executeUpdate();
        }
    }
}
