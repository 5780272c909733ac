package io.mandate.election.guard.jdbc;

import java.util.regex.Pattern;

/** Names of tables and columns that are put into statements, where no parameter can stand. */
final class SqlNames {
    /** PostgreSQL's longest; MySQL's is 64. */
    private static final String PART = "[A-Za-z_][A-Za-z0-9_]{0,62}";

    private static final Pattern NAME = Pattern.compile(PART);
    private static final Pattern QUALIFIED = Pattern.compile(PART + "(\\." + PART + ")?");

    private SqlNames() {}

    static String requireName(String what, String name) {
        return require(what, name, NAME, "");
    }

    /** A table, with its schema if need be. */
    static String requireTable(String name) {
        return require("table", name, QUALIFIED, ", or two of them with a dot between");
    }

    private static String require(String what, String name, Pattern pattern, String more) {
        if (!pattern.matcher(name).matches()) {
            throw new IllegalArgumentException("'" + name + "' is no name of a " + what
                    + ": it goes into the statement as it is, and must be 1 to 63 letters, digits and underscores of ASCII, not beginning with a digit"
                    + more);
        }
        return name;
    }
}
