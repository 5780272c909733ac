package io.mandate.election.guard.jdbc;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLSyntaxErrorException;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a database makes of names. Confined to its connection.
 *
 * <p>A {@link SqlName} stands for the identifier that is spelled so; if there is none, and the name was not written in
 * quotes, for what the database would have made of it without quotes. Which of the two there is says the catalogue,
 * which is not asked where they are the same. In statements identifiers are always quoted.
 */
final class Identifiers {
    /** PostgreSQL cuts what is longer, without an error, and would find another table: the catalogue must have it. */
    private static final int BYTES_NEVER_CUT_MAX = 63;

    private static final String NO_SUCH_SCHEMA = "3F000";
    private static final String NO_SUCH_TABLE = "42S02";
    private static final String NO_SUCH_COLUMN = "42S22";

    private enum Stored {
        UPPER_CASE,
        LOWER_CASE,
        AS_WRITTEN
    }

    private final Connection connection;
    private final DatabaseMetaData metaData;
    private final String quote;
    private final Stored unquotedAre;

    private Identifiers(Connection connection, DatabaseMetaData metaData, String quote, Stored unquotedAre) {
        this.connection = connection;
        this.metaData = metaData;
        this.quote = quote;
        this.unquotedAre = unquotedAre;
    }

    static Identifiers of(Connection connection) throws SQLException {
        DatabaseMetaData metaData = connection.getMetaData();
        String quote = metaData.getIdentifierQuoteString();
        if (quote == null || quote.isBlank()) {
            throw new SQLFeatureNotSupportedException("the driver of " + metaData.getDatabaseProductName()
                    + " tells no quote for identifiers, without which names cannot be taken as they are written:"
                    + " switch delimited identifiers on in its settings");
        }
        Stored unquotedAre = metaData.storesUpperCaseIdentifiers()
                ? Stored.UPPER_CASE
                : metaData.storesLowerCaseIdentifiers() ? Stored.LOWER_CASE : Stored.AS_WRITTEN;
        return new Identifiers(connection, metaData, quote, unquotedAre);
    }

    /** For a statement. */
    String quoted(String identifier) {
        return quote + identifier.replace(quote, quote + quote) + quote;
    }

    /** Whether {@code "State"} and {@code "state"} are two columns. */
    boolean distinguishCase() throws SQLException {
        return unquotedAre != Stored.AS_WRITTEN && metaData.supportsMixedCaseQuotedIdentifiers();
    }

    /** Whether a name can only be the identifier that is spelled so. */
    boolean isCertain(SqlName name) {
        return unquotedAre == Stored.AS_WRITTEN
                || (spellings(name).size() == 1
                        && name.text().getBytes(StandardCharsets.UTF_8).length <= BYTES_NEVER_CUT_MAX);
    }

    /** What a name may stand for: the first that there is. */
    private List<String> spellings(SqlName name) {
        String folded = name.quoted() ? name.text() : folded(name.text());
        return folded.equals(name.text()) ? List.of(folded) : List.of(name.text(), folded);
    }

    private String folded(String text) {
        return switch (unquotedAre) {
            case UPPER_CASE -> text.toUpperCase(Locale.ROOT);
            case LOWER_CASE -> asciiToLowerCase(text);
            case AS_WRITTEN -> text;
        };
    }

    /** PostgreSQL leaves other letters as they are. */
    private static String asciiToLowerCase(String text) {
        StringBuilder lower = new StringBuilder(text.length());
        text.chars().forEach(c -> lower.append((char) (c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c)));
        return lower.toString();
    }

    /**
     * The schema, or the catalog where statements name tables by that (MySQL).
     *
     * @throws SQLSyntaxErrorException if there is none
     */
    String schema(SqlName name) throws SQLException {
        if (!metaData.supportsSchemasInDataManipulation() && !metaData.supportsCatalogsInDataManipulation()) {
            throw new SQLFeatureNotSupportedException(metaData.getDatabaseProductName()
                    + " does not name tables by schema: leave " + name + " away, or connect to another database");
        }
        if (isCertain(name)) {
            return name.text();
        }
        for (String spelling : spellings(name)) {
            if (isSchema(spelling)) {
                return spelling;
            }
        }
        throw noSuch("schema", name, "in " + metaData.getDatabaseProductName(), NO_SUCH_SCHEMA);
    }

    private boolean isSchema(String spelling) throws SQLException {
        boolean ofSchemas = metaData.supportsSchemasInDataManipulation();
        try (ResultSet found =
                ofSchemas ? metaData.getSchemas(connection.getCatalog(), pattern(spelling)) : metaData.getCatalogs()) {
            while (found.next()) {
                if (spelling.equals(found.getString(1))) {
                    return true;
                }
            }
            return false;
        }
    }

    /**
     * A table that is there.
     *
     * @param schema null if it was not named
     * @param columns all of them
     */
    record Table(@Nullable String schema, String name, Set<String> columns) {}

    /** @throws SQLSyntaxErrorException if there is no such table or schema */
    Table table(@Nullable SqlName schema, SqlName name) throws SQLException {
        if (schema != null) {
            String space = schema(schema);
            Table found = metaData.supportsSchemasInDataManipulation()
                    ? find(connection.getCatalog(), space, space, name)
                    : find(space, null, space, name);
            if (found == null) {
                throw noSuch("table", name, "in " + quoted(space), NO_SUCH_TABLE);
            }
            return found;
        }
        String present = connection.getSchema();
        Table found = find(connection.getCatalog(), present, null, name);
        if (found == null && present != null) {
            // A search path can have more schemas than the one that new tables come into.
            found = find(connection.getCatalog(), null, null, name);
        }
        if (found == null) {
            throw noSuch("table", name, "in " + metaData.getDatabaseProductName(), NO_SUCH_TABLE);
        }
        return found;
    }

    private @Nullable Table find(
            @Nullable String catalog, @Nullable String inSchema, @Nullable String named, SqlName name)
            throws SQLException {
        for (String spelling : spellings(name)) {
            Set<String> columns = new LinkedHashSet<>();
            String schemaPattern = inSchema == null ? null : pattern(inSchema);
            try (ResultSet column = metaData.getColumns(catalog, schemaPattern, pattern(spelling), "%")) {
                while (column.next()) {
                    if (spelling.equals(column.getString("TABLE_NAME"))) {
                        columns.add(column.getString("COLUMN_NAME"));
                    }
                }
            }
            if (!columns.isEmpty()) {
                return new Table(named, spelling, columns);
            }
        }
        return null;
    }

    /** @throws SQLSyntaxErrorException if the table has no such column */
    String column(Table table, SqlName name) throws SQLException {
        for (String spelling : spellings(name)) {
            if (table.columns().contains(spelling)) {
                return spelling;
            }
        }
        throw noSuch("column", name, "in table " + quoted(table.name()), NO_SUCH_COLUMN);
    }

    /** Whether the table has what may stand for each of the names. */
    boolean has(Table table, Collection<SqlName> names) {
        return names.stream().allMatch(name -> spellings(name).stream().anyMatch(table.columns()::contains));
    }

    /** Matches this text only, but for drivers that know no escape: what they return is compared again. */
    private String pattern(String text) throws SQLException {
        String escape = metaData.getSearchStringEscape();
        if (escape == null || escape.isEmpty()) {
            return text;
        }
        return text.replace(escape, escape + escape).replace("_", escape + "_").replace("%", escape + "%");
    }

    private SQLException noSuch(String what, SqlName name, String where, String state) {
        List<String> spellings = spellings(name);
        String other = spellings.size() == 1
                ? ""
                : ", nor " + quoted(spellings.get(1)) + ", which is what it would be without quotes,";
        return new SQLSyntaxErrorException(
                "there is no " + what + " " + quoted(name.text()) + other + " " + where + ": write the " + what
                        + " as the database's catalogue does; what the catalogue does not show, as a synonym, can be"
                        + " written in double quotes, and is not looked up then",
                state);
    }
}
