package io.mandate.election.guard.jdbc;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a statement may do to the transaction, as far as its first words tell. That is a help for whoever writes COMMIT
 * into the work, and no proof: procedures, and statements that follow in the same text, are not read.
 *
 * @param name its first word
 */
record SqlText(Effect effect, String name) {
    enum Effect {
        /** None on the transaction. */
        NONE,
        ENDS_TRANSACTION,
        /** A definition, which commits on some databases. */
        DEFINES,
        UNKNOWN
    }

    /** After blanks, comments, and what is left of an empty statement. Possessive: a long text is read once. */
    private static final Pattern WORD = Pattern.compile("(?s)(?:[\\s;(]++|--[^\\n]*+|/\\*.*?\\*/)*+([A-Za-z_]++)");

    private static final Set<String> HARMLESS =
            Set.of("SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "VALUES", "WITH", "SAVEPOINT", "RELEASE");
    private static final Set<String> DEFINITIONS =
            Set.of("CREATE", "ALTER", "DROP", "TRUNCATE", "RENAME", "GRANT", "REVOKE", "COMMENT");
    private static final Set<String> TEMPORARY = Set.of("TEMPORARY", "TEMP", "LOCAL", "GLOBAL", "PRIVATE");

    /** What follows BEGIN where it begins a transaction, and not a block of statements. */
    private static final Set<String> OF_TRANSACTION =
            Set.of("", "TRANSACTION", "TRAN", "WORK", "ISOLATION", "READ", "NOT", "DEFERRED", "IMMEDIATE", "EXCLUSIVE");

    static SqlText of(String sql) {
        Words words = new Words(sql);
        String first = words.next();
        return new SqlText(effect(sql, first, words), first);
    }

    private static Effect effect(String sql, String first, Words words) {
        if (HARMLESS.contains(first)) {
            return ifAlone(sql);
        }
        String second = words.next();
        boolean ends = switch (first) {
            case "COMMIT", "ABORT", "END" -> true;
            case "ROLLBACK" -> {
                boolean noise = second.equals("WORK") || second.equals("TRANSACTION");
                yield !(noise ? words.next() : second).equals("TO");
            }
            case "BEGIN" -> OF_TRANSACTION.contains(second);
            case "START" -> second.equals("TRANSACTION");
            case "SET" -> second.equals("AUTOCOMMIT");
            case "PREPARE" -> second.equals("TRANSACTION") || second.equals("COMMIT");
            default -> false;
        };
        if (ends) {
            return Effect.ENDS_TRANSACTION;
        }
        if (first.equals("ROLLBACK")) {
            return ifAlone(sql);
        }
        return DEFINITIONS.contains(first) && !TEMPORARY.contains(second) ? Effect.DEFINES : Effect.UNKNOWN;
    }

    /** A semicolon in a literal is taken for one between two statements: that costs a look at the transaction. */
    private static Effect ifAlone(String sql) {
        String text = sql.stripTrailing();
        int semicolon = text.indexOf(';');
        return semicolon < 0 || semicolon == text.length() - 1 ? Effect.NONE : Effect.UNKNOWN;
    }

    /** The words that a text begins with. */
    private static final class Words {
        private final Matcher matcher;
        private int position;

        Words(String sql) {
            this.matcher = WORD.matcher(sql);
        }

        /** In upper case; empty if something else comes next. */
        String next() {
            matcher.region(position, matcher.regionEnd());
            if (!matcher.lookingAt()) {
                return "";
            }
            position = matcher.end();
            return matcher.group(1).toUpperCase(Locale.ROOT);
        }
    }
}
