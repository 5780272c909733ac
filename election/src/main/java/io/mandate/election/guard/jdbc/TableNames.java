package io.mandate.election.guard.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** A user's table by its name, and what was found out about it in the databases that it was used with. Thread-safe. */
final class TableNames {
    /** Of databases and schemas that one description is used with. More are looked up again. */
    private static final int FOUND_MAX = 256;

    private final @Nullable SqlName schema;
    private final SqlName name;
    private final Map<Place, Identifiers.Table> found = new ConcurrentHashMap<>();

    /** Where a name means the same each time. */
    private record Place(
            @Nullable String url,
            @Nullable String catalog,
            @Nullable String schema) {}

    /** A table and its columns as they stand in a statement, quoted. */
    static final class Resolved {
        private final Identifiers identifiers;
        private final Identifiers.@Nullable Table table;
        private final String sql;

        private Resolved(Identifiers identifiers, Identifiers.@Nullable Table table, String sql) {
            this.identifiers = identifiers;
            this.table = table;
            this.sql = sql;
        }

        String sql() {
            return sql;
        }

        /** Not quoted yet. */
        String column(SqlName column) throws SQLException {
            return identifiers.isCertain(column) || table == null ? column.text() : identifiers.column(table, column);
        }

        String quoted(String column) {
            return identifiers.quoted(column);
        }

        boolean distinguishesCase() throws SQLException {
            return identifiers.distinguishCase();
        }
    }

    private TableNames(@Nullable SqlName schema, SqlName name) {
        this.schema = schema;
        this.name = name;
    }

    /** @param table with its schema and a dot before it, if need be */
    static TableNames of(String table) {
        List<SqlName> names = SqlName.parsePath("table", table);
        if (names.size() > 2) {
            throw new IllegalArgumentException("'" + table + "' is no name of a table: it has " + names.size()
                    + " parts, and can have 2, the schema and the table; write a name with dots in double quotes");
        }
        return names.size() == 1 ? new TableNames(null, names.get(0)) : new TableNames(names.get(0), names.get(1));
    }

    /**
     * Looks up what is not certain.
     *
     * @throws SQLException if the catalogue does not have it
     */
    Resolved resolve(Connection connection, Collection<SqlName> columns) throws SQLException {
        Identifiers identifiers = Identifiers.of(connection);
        List<SqlName> uncertain = new ArrayList<>(columns);
        uncertain.removeIf(identifiers::isCertain);
        if (uncertain.isEmpty() && identifiers.isCertain(name) && (schema == null || identifiers.isCertain(schema))) {
            String qualifier = schema == null ? "" : identifiers.quoted(identifiers.schema(schema)) + ".";
            return new Resolved(identifiers, null, qualifier + identifiers.quoted(name.text()));
        }
        Place place = place(connection);
        Identifiers.Table table = found.get(place);
        // A column may have been added since.
        if (table == null || !identifiers.has(table, uncertain)) {
            table = identifiers.table(schema, name);
            if (found.size() >= FOUND_MAX) {
                found.clear();
            }
            found.put(place, table);
        }
        String qualifier = table.schema() == null ? "" : identifiers.quoted(table.schema()) + ".";
        return new Resolved(identifiers, table, qualifier + identifiers.quoted(table.name()));
    }

    private Place place(Connection connection) throws SQLException {
        return new Place(
                connection.getMetaData().getURL(),
                connection.getCatalog(),
                schema == null ? connection.getSchema() : null);
    }

    /** After a statement failed: the table may have been renamed. */
    void forget() {
        found.clear();
    }

    /** As it was written. */
    @Override
    public String toString() {
        return schema == null ? name.toString() : schema + "." + name;
    }
}
