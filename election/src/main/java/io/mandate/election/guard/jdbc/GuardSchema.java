package io.mandate.election.guard.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * Where the guard's own tables are. Thread-safe.
 *
 * <p>Their names and those of their columns are plain words that the databases do not reserve. They stand in statements
 * without quotes, and so mean the same in the guide's statements, in a migration and here.
 */
final class GuardSchema {
    private final @Nullable SqlName name;

    /** As it stands in a statement, with the dot. It stays for the guard's life, so that its fence is one table. */
    private volatile @Nullable String prefix;

    /** @param name null for the connection's own */
    GuardSchema(@Nullable SqlName name) {
        this.name = name;
        this.prefix = name == null ? "" : null;
    }

    /** @throws SQLException if there is no such schema */
    String table(Connection connection, String table) throws SQLException {
        String known = prefix;
        if (known == null && name != null) {
            Identifiers identifiers = Identifiers.of(connection);
            known = identifiers.quoted(identifiers.schema(name)) + ".";
            prefix = known;
        }
        return known + table;
    }
}
