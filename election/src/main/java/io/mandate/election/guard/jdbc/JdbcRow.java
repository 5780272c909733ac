package io.mandate.election.guard.jdbc;

import io.mandate.election.Term;
import io.mandate.election.guard.StaleTokenException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransactionRollbackException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.StringJoiner;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A row of the user's own table that carries its fencing token:
 * {@code JdbcRow.of("job").token("fence").version("version").key("id", 7)}.
 *
 * <p>Its update is one statement that compares the token, writes it and counts the version up, so that the comparison
 * can be neither forgotten nor made too early. Different rows can be written side by side. It protects what is in the
 * row: what a leader writes elsewhere besides needs {@link JdbcGuard#write}.
 *
 * <h2>Names</h2>
 *
 * Names of tables, schemas and columns are taken as they are written, and quoted in the statement, so that a reserved
 * word or a name with blanks needs no care. If nothing is called so, the name stands for what the database would make
 * of it without quotes: {@code job} for {@code JOB} on H2 and Oracle, {@code Job} for {@code job} on PostgreSQL. If
 * that is not there either, the update fails, and names both. A name in the double quotes of SQL ({@code "\"Job\""}, a
 * quote within written twice) stands for just that. Names have 1 to {@value SqlName#CHARS_MAX} characters.
 *
 * <p>Where both forms are the same, the database is not asked. Else its catalogue is read once for each database and
 * schema, and what was found is remembered by this row and those made of it: keep the row that has no key yet, and make
 * the others of it.
 *
 * <p>Immutable and thread-safe.
 */
public final class JdbcRow {
    /** The most that a table of PostgreSQL can have. */
    private static final int COLUMNS_MAX = 1_600;

    private final TableNames table;
    private final @Nullable SqlName token;
    private final @Nullable SqlName version;
    private final Map<SqlName, Object> key;

    private JdbcRow(TableNames table, @Nullable SqlName token, @Nullable SqlName version, Map<SqlName, Object> key) {
        this.table = table;
        this.token = token;
        this.version = version;
        this.key = Collections.unmodifiableMap(new LinkedHashMap<>(key));
    }

    /**
     * Begins to describe a row.
     *
     * @param table with its schema (on MySQL its database) and a dot before it, if need be; a name that has a dot in it
     *     stands in double quotes
     * @throws IllegalArgumentException if it is no name
     */
    public static JdbcRow of(String table) {
        return new JdbcRow(TableNames.of(table), null, null, Map.of());
    }

    /** The column of the token: {@code BIGINT NOT NULL DEFAULT 0}. */
    public JdbcRow token(String column) {
        return new JdbcRow(table, SqlName.parse("column", column), version, key);
    }

    /** The column of the version, which every update counts up: {@code BIGINT NOT NULL DEFAULT 0}. */
    public JdbcRow version(String column) {
        return new JdbcRow(table, token, SqlName.parse("column", column), key);
    }

    /** A column of the primary key and its value; again for each further column. */
    public JdbcRow key(String column, Object value) {
        Map<SqlName, Object> more = new LinkedHashMap<>(key);
        more.put(SqlName.parse("column", column), value);
        return new JdbcRow(table, token, version, more);
    }

    /**
     * Updates the row if it has no larger token.
     *
     * @param connection with auto-commit on or off; off, the row stays locked until the transaction ends
     * @param values by column, as the driver's {@code setObject} takes them; at least one
     * @return false if there is no such row
     * @throws StaleTokenException if the row has a larger token; the term is over then, and nothing was written
     * @throws SQLException the database's; SQLState 40001 and 40P01 mean that the transaction is to be run again. Also
     *     if there is no such table (42S02), column (42S22) or schema (3F000)
     * @throws IllegalArgumentException if a name is none; if the token, the version or the key is not described; if the
     *     token, the version or another column would be written twice
     * @throws IllegalStateException if the key is not unique, or the token is null; the transaction must be rolled back
     */
    public boolean update(Connection connection, Term term, Map<String, ? extends @Nullable Object> values)
            throws SQLException {
        Update update = described(connection, checked(values));
        List<@Nullable Object> parameters = new ArrayList<>(update.values());
        parameters.add(term.token());
        parameters.addAll(key.values());
        parameters.add(term.token());
        try {
            try (PreparedStatement statement = connection.prepareStatement(update.sql())) {
                set(statement, parameters);
                int rows = statement.executeUpdate();
                if (rows > 1) {
                    throw new IllegalStateException("the key of " + this + " names " + rows
                            + " rows: name all columns of the primary key; roll back");
                }
                if (rows == 1) {
                    return true;
                }
            }
            return isThere(connection, term, update.select());
        } catch (SQLException failure) {
            if (!SqlFailures.isConflict(failure)) {
                table.forget();
            }
            throw failure;
        }
    }

    /**
     * The statements of an update.
     *
     * @param values in the order of the parameters
     * @param select the token of the row
     */
    private record Update(String sql, Collection<@Nullable Object> values, String select) {}

    private Map<SqlName, @Nullable Object> checked(Map<String, ? extends @Nullable Object> values) {
        if (values.isEmpty() || values.size() > COLUMNS_MAX) {
            throw new IllegalArgumentException("an update of " + values.size() + " columns of " + table
                    + " is not one of 1 to " + COLUMNS_MAX + ": name the columns to be written");
        }
        Map<SqlName, @Nullable Object> named = new LinkedHashMap<>();
        values.forEach((column, value) -> named.put(SqlName.parse("column", column), value));
        return named;
    }

    private Update described(Connection connection, Map<SqlName, @Nullable Object> values) throws SQLException {
        if (token == null || version == null || key.isEmpty()) {
            throw new IllegalArgumentException("the row of " + table
                    + " is not described: name its token(column), its version(column) and its key(column, value)");
        }
        List<SqlName> columns = new ArrayList<>(values.keySet());
        columns.addAll(key.keySet());
        columns.add(token);
        columns.add(version);
        TableNames.Resolved resolved = table.resolve(connection, columns);
        String tokenColumn = resolved.column(token);
        String versionColumn = resolved.column(version);
        // Always the same text for the same columns, so that drivers find the statement prepared.
        SortedMap<String, @Nullable Object> written =
                new TreeMap<>(resolved.distinguishesCase() ? Comparator.naturalOrder() : String.CASE_INSENSITIVE_ORDER);
        written.put(tokenColumn, null);
        once(written, versionColumn, null);
        for (Map.Entry<SqlName, @Nullable Object> value : values.entrySet()) {
            once(written, resolved.column(value.getKey()), value.getValue());
        }
        written.remove(tokenColumn);
        written.remove(versionColumn);
        StringJoiner assignments = new StringJoiner(", ");
        written.keySet().forEach(column -> assignments.add(resolved.quoted(column) + " = ?"));
        String quotedToken = resolved.quoted(tokenColumn);
        String quotedVersion = resolved.quoted(versionColumn);
        assignments.add(quotedToken + " = ?").add(quotedVersion + " = " + quotedVersion + " + 1");
        StringJoiner condition = new StringJoiner(" AND ");
        for (SqlName column : key.keySet()) {
            condition.add(resolved.quoted(resolved.column(column)) + " = ?");
        }
        return new Update(
                "UPDATE " + resolved.sql() + " SET " + assignments + " WHERE " + condition + " AND " + quotedToken
                        + " <= ?",
                written.values(),
                "SELECT " + quotedToken + " FROM " + resolved.sql() + " WHERE " + condition);
    }

    private void once(SortedMap<String, @Nullable Object> written, String column, @Nullable Object value) {
        if (written.containsKey(column)) {
            throw new IllegalArgumentException("column " + column + " of " + table
                    + " would be written twice: leave it away, the guard writes the token and the version");
        }
        written.put(column, value);
    }

    /** Nothing was updated: false if that is because there is no row. */
    private boolean isThere(Connection connection, Term term, String select) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(select)) {
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
        return table.toString() + key;
    }
}
