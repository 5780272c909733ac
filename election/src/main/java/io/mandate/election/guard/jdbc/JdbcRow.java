package io.mandate.election.guard.jdbc;

import io.mandate.election.Term;
import io.mandate.election.guard.StaleTokenException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransactionRollbackException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.StringJoiner;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A row of the user's own table that carries its fencing token: {@code JdbcRow.of("job").token("fence").version("version").key("id", 7)}.
 *
 * <p>Its update is one statement that compares the token, writes it and counts the version up, so that the comparison can be neither forgotten nor made too early. Different rows can be
 * written side by side. It protects what is in the row: what a leader writes elsewhere besides needs {@link JdbcGuard#write}. Immutable.
 */
public final class JdbcRow {
    /** The most that a table of PostgreSQL can have. */
    private static final int COLUMNS_MAX = 1_600;

    private final String table;
    private final String token;
    private final String version;
    private final Map<String, Object> key;

    private JdbcRow(String table, String token, String version, Map<String, Object> key) {
        this.table = table;
        this.token = token;
        this.version = version;
        this.key = Collections.unmodifiableMap(new LinkedHashMap<>(key));
    }

    /**
     * Begins to describe a row. Names are of ASCII letters, digits and underscores, and go into the statement as they are.
     *
     * @param table with its schema and a dot before it, if need be
     */
    public static JdbcRow of(String table) {
        return new JdbcRow(SqlNames.requireTable(table), "", "", Map.of());
    }

    /** The column of the token: {@code BIGINT NOT NULL DEFAULT 0}. */
    public JdbcRow token(String column) {
        return new JdbcRow(table, SqlNames.requireName("column", column), version, key);
    }

    /** The column of the version, which every update counts up: {@code BIGINT NOT NULL DEFAULT 0}. */
    public JdbcRow version(String column) {
        return new JdbcRow(table, token, SqlNames.requireName("column", column), key);
    }

    /** A column of the primary key and its value; again for each further column. */
    public JdbcRow key(String column, Object value) {
        Map<String, Object> more = new LinkedHashMap<>(key);
        more.put(SqlNames.requireName("column", column), value);
        return new JdbcRow(table, token, version, more);
    }

    /**
     * Updates the row if it has no larger token.
     *
     * @param connection with auto-commit on or off; off, the row stays locked until the transaction ends
     * @param values by column, as the driver's {@code setObject} takes them; at least one
     * @return false if there is no such row
     * @throws StaleTokenException if the row has a larger token; the term is over then, and nothing was written
     * @throws SQLException the database's; SQLState 40001 and 40P01 mean that the transaction is to be run again
     * @throws IllegalArgumentException if a name is none, or the token, the version or the key is not described or is among the values
     * @throws IllegalStateException if the key is not unique, or the token is null; the transaction must be rolled back
     */
    public boolean update(Connection connection, Term term, Map<String, ? extends @Nullable Object> values)
            throws SQLException {
        SortedMap<String, @Nullable Object> sorted = checked(values);
        String sql = "UPDATE " + table + " SET " + assignments(sorted) + " WHERE " + keyCondition() + " AND " + token
                + " <= ?";
        List<@Nullable Object> parameters = new ArrayList<>(sorted.values());
        parameters.add(term.token());
        parameters.addAll(key.values());
        parameters.add(term.token());
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            set(statement, parameters);
            int rows = statement.executeUpdate();
            if (rows > 1) {
                throw new IllegalStateException("the key of " + this + " names " + rows
                        + " rows: name all columns of the primary key; roll back");
            }
            return rows == 1 || isThere(connection, term);
        }
    }

    /** Always the same text for the same columns, so that drivers find the statement prepared. */
    private SortedMap<String, @Nullable Object> checked(Map<String, ? extends @Nullable Object> values) {
        if (token.isEmpty() || version.isEmpty() || key.isEmpty()) {
            throw new IllegalArgumentException("the row of " + table
                    + " is not described: name its token(column), its version(column) and its key(column, value)");
        }
        if (values.isEmpty() || values.size() > COLUMNS_MAX) {
            throw new IllegalArgumentException("an update of " + values.size() + " columns of " + table
                    + " is not one of 1 to " + COLUMNS_MAX + ": name the columns to be written");
        }
        SortedMap<String, @Nullable Object> sorted = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        values.forEach((column, value) -> {
            boolean twice = sorted.containsKey(SqlNames.requireName("column", column));
            if (twice || column.equalsIgnoreCase(token) || column.equalsIgnoreCase(version)) {
                throw new IllegalArgumentException("column " + column + " of " + table
                        + " would be written twice: leave it away, the guard writes the token and the version");
            }
            sorted.put(column, value);
        });
        return sorted;
    }

    private String assignments(SortedMap<String, @Nullable Object> values) {
        StringJoiner assignments = new StringJoiner(", ");
        values.keySet().forEach(column -> assignments.add(column + " = ?"));
        return assignments
                .add(token + " = ?")
                .add(version + " = " + version + " + 1")
                .toString();
    }

    private String keyCondition() {
        StringJoiner condition = new StringJoiner(" AND ");
        key.keySet().forEach(column -> condition.add(column + " = ?"));
        return condition.toString();
    }

    /** Nothing was updated: false if that is because there is no row. */
    private boolean isThere(Connection connection, Term term) throws SQLException {
        String sql = "SELECT " + token + " FROM " + table + " WHERE " + keyCondition();
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            set(statement, new ArrayList<>(key.values()));
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    return false;
                }
                long largest = row.getLong(1);
                if (row.wasNull()) {
                    throw new IllegalStateException("column " + token + " of " + this
                            + " is null, which compares with nothing: make it NOT NULL DEFAULT 0");
                }
                if (largest > term.token()) {
                    throw StaleTokenException.of(toString(), term, largest);
                }
            }
        }
        throw new SQLTransactionRollbackException(
                "another transaction changed " + this + " at the same time: run the transaction again",
                SqlFailures.SERIALIZATION_FAILURE);
    }

    private static void set(PreparedStatement statement, List<@Nullable Object> parameters) throws SQLException {
        for (int parameter = 0; parameter < parameters.size(); parameter++) {
            statement.setObject(parameter + 1, parameters.get(parameter));
        }
    }

    @Override
    public String toString() {
        return table + key;
    }
}
