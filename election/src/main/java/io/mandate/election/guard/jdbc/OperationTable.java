package io.mandate.election.guard.jdbc;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The results of operations, numbered for each resource in the order in which they were done. Every method runs in a
 * transaction that holds the resource's row of the {@link FenceTable}, so that two of them never see the same last
 * number, and each sees all that was recorded before.
 */
final class OperationTable {
    static final String NAME = "mandate_operation";

    /** MySQL's TEXT holds four times as much. What is larger belongs into a table of the user's, and its key here. */
    static final int RESULT_BYTES_MAX = 16_384;

    /**
     * Most rows that one operation deletes: more than the one it adds, so that a backlog shrinks, and few enough not to
     * be felt.
     */
    static final int PURGE_MAX = 100;

    private final GuardSchema schema;
    private final String resource;
    private final Duration retentionAge;
    private final int retentionCount;

    OperationTable(JdbcGuardOptions options, GuardSchema schema) {
        this.schema = schema;
        this.resource = options.resource();
        this.retentionAge = options.retentionAge();
        this.retentionCount = options.retentionCount();
    }

    static String definition(String table) {
        return "CREATE TABLE IF NOT EXISTS " + table + " ("
                + "resource VARCHAR(" + GuardText.ID_CHARS_MAX + ") NOT NULL, "
                + "operation_id VARCHAR(" + GuardText.ID_CHARS_MAX + ") NOT NULL, "
                + "operation_number BIGINT NOT NULL, "
                + "token BIGINT NOT NULL, "
                + "recorded_millis BIGINT NOT NULL, "
                + "result TEXT NOT NULL, "
                + "PRIMARY KEY (resource, operation_id), "
                + "UNIQUE (resource, operation_number))";
    }

    /**
     * What is known before an operation runs.
     *
     * @param result of the operation, if it was done before
     * @param nowMillis the database's clock: those of two leaders' machines may differ
     * @param first number of the oldest row; 0 if there is none
     * @param last number of the latest row; 0 if there is none
     */
    record Found(@Nullable String result, long nowMillis, long first, long firstMillis, long last) {}

    Found find(Connection connection, String operationId) throws SQLException {
        String table = schema.table(connection, NAME);
        String sql = "SELECT CURRENT_TIMESTAMP"
                + ", (SELECT result FROM " + table + " WHERE resource = ? AND operation_id = ?)"
                + ", (SELECT MIN(operation_number) FROM " + table + " WHERE resource = ?)"
                + ", (SELECT recorded_millis FROM " + table + " WHERE resource = ? AND operation_number ="
                + " (SELECT MIN(operation_number) FROM " + table + " WHERE resource = ?))"
                + ", (SELECT MAX(operation_number) FROM " + table + " WHERE resource = ?)";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, resource);
            statement.setString(2, operationId);
            for (int parameter = 3; parameter <= 6; parameter++) {
                statement.setString(parameter, resource);
            }
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    throw new SQLException("the database answered nothing to: " + sql);
                }
                return new Found(
                        row.getString(2),
                        row.getTimestamp(1).getTime(),
                        row.getLong(3),
                        row.getLong(4),
                        row.getLong(5));
            }
        }
    }

    /** Records an operation that was not found, and deletes some of those whose time is over. */
    void record(Connection connection, String operationId, String result, long token, Found before)
            throws SQLException {
        requireResult(operationId, result);
        String table = schema.table(connection, NAME);
        String sql = "INSERT INTO " + table
                + " (resource, operation_id, operation_number, token, recorded_millis, result) VALUES (?, ?, ?, "
                + "?, ?, ?)";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, resource);
            statement.setString(2, operationId);
            statement.setLong(3, before.last() + 1);
            statement.setLong(4, token);
            statement.setLong(5, before.nowMillis());
            statement.setString(6, result);
            statement.executeUpdate();
        }
        purge(connection, table, before);
    }

    private void purge(Connection connection, String table, Found before) throws SQLException {
        if (before.first() == 0) {
            return;
        }
        long tooMany = before.last() + 1 - retentionCount;
        long tooOldMillis = before.nowMillis() - retentionAge.toMillis();
        if (before.first() > tooMany && before.firstMillis() >= tooOldMillis) {
            return;
        }
        String sql = "DELETE FROM " + table
                + " WHERE resource = ? AND operation_number < ? AND (operation_number <= ? OR recorded_millis < ?)";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, resource);
            statement.setLong(2, before.first() + PURGE_MAX);
            statement.setLong(3, tooMany);
            statement.setLong(4, tooOldMillis);
            statement.executeUpdate();
        }
    }

    private static void requireResult(String operationId, @Nullable String result) {
        if (result == null) {
            throw new IllegalArgumentException("operation " + operationId
                    + " returned null: return what a retry is to get, an empty text if there is nothing "
                    + "to say; nothing was written");
        }
        int bytes = result.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > RESULT_BYTES_MAX) {
            throw new IllegalArgumentException("the result of operation " + operationId + " has " + bytes
                    + " bytes of UTF-8, more than " + RESULT_BYTES_MAX
                    + ": keep it in a table of yours and return its key; nothing was written");
        }
        if (result.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("the result of operation " + operationId
                    + " contains a character of code 0, which PostgreSQL cannot keep: encode it; nothing was written");
        }
    }
}
