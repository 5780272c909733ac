package io.mandate.verify.election;

import io.mandate.cli.demo.Ledger;
import io.mandate.election.Term;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import javax.sql.DataSource;

/** A ledger in a row, written by whoever believes that it leads. */
record PlainDatabaseLedger(DataSource dataSource) implements Ledger {
    static final String TABLE = "CREATE TABLE ledger (id INT PRIMARY KEY, content TEXT NOT NULL)";
    static final String ROW = "INSERT INTO ledger VALUES (1, '')";

    @Override
    public Seen read() throws SQLException {
        return read(dataSource);
    }

    static Seen read(DataSource dataSource) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                PreparedStatement select = connection.prepareStatement("SELECT content FROM ledger WHERE id = 1");
                ResultSet row = select.executeQuery()) {
            if (!row.next()) {
                throw new AssertionError("the ledger's row is gone");
            }
            return new Seen(row.getString(1), "");
        }
    }

    @Override
    public boolean append(Term term, Seen seen, String line) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                PreparedStatement update = connection.prepareStatement("UPDATE ledger SET content = ? WHERE id = 1")) {
            update.setString(1, seen.with(line));
            return update.executeUpdate() == 1;
        }
    }
}
