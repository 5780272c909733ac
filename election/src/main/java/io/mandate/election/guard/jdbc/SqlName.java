package io.mandate.election.guard.jdbc;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * An identifier of a database as somebody wrote it: {@code job}, or {@code "Job"} in the double quotes of SQL, where a
 * quote within is written twice.
 *
 * @param text without those quotes
 * @param quoted whether it stood in them, and so names nothing that differs in case
 */
record SqlName(String text, boolean quoted) {
    /** H2's longest, which is longer than those of other databases. */
    static final int CHARS_MAX = 256;

    /** One name; a dot is a character of it as any other. */
    static SqlName parse(String what, String written) {
        if (written.startsWith("\"")) {
            int end = endOfQuoted(what, written, 0);
            if (end < written.length()) {
                throw malformed(what, written, "goes on after its closing quote");
            }
            return unquoted(what, written, 0, end);
        }
        return new SqlName(checked(what, written, written), false);
    }

    /** A name, or a path of several: a dot outside of quotes stands between two of them. */
    static List<SqlName> parsePath(String what, String written) {
        List<SqlName> names = new ArrayList<>();
        int start = 0;
        while (true) {
            int end;
            if (written.startsWith("\"", start)) {
                end = endOfQuoted(what, written, start);
                names.add(unquoted(what, written, start, end));
            } else {
                int dot = written.indexOf('.', start);
                end = dot < 0 ? written.length() : dot;
                names.add(new SqlName(checked(what, written, written.substring(start, end)), false));
            }
            if (end == written.length()) {
                return names;
            }
            if (written.charAt(end) != '.') {
                throw malformed(what, written, "goes on after its closing quote");
            }
            start = end + 1;
        }
    }

    /** The index after the closing quote. */
    private static int endOfQuoted(String what, String written, int start) {
        for (int i = start + 1; i < written.length(); i++) {
            if (written.charAt(i) == '"') {
                if (i + 1 == written.length() || written.charAt(i + 1) != '"') {
                    return i + 1;
                }
                i++;
            }
        }
        throw malformed(what, written, "has no closing quote");
    }

    private static SqlName unquoted(String what, String written, int start, int end) {
        String text = written.substring(start + 1, end - 1).replace("\"\"", "\"");
        return new SqlName(checked(what, written, text), true);
    }

    private static String checked(String what, String written, String name) {
        if (name.isEmpty() || name.length() > CHARS_MAX) {
            throw new IllegalArgumentException("'" + shortened(written) + "' is no name of a " + what
                    + ": a part of it has " + name.length() + " characters, not between 1 and " + CHARS_MAX);
        }
        // U+0000 ends a name in some protocols, and half a surrogate pair becomes a question mark.
        if (name.indexOf('\0') >= 0 || !StandardCharsets.UTF_8.newEncoder().canEncode(name)) {
            throw new IllegalArgumentException("'" + name.replace('\0', '␀') + "' is no name of a " + what
                    + ": it contains a character of code 0 or half a surrogate pair, which no database keeps;"
                    + " take the name from the database's catalogue");
        }
        return name;
    }

    private static IllegalArgumentException malformed(String what, String written, String problem) {
        return new IllegalArgumentException("'" + shortened(written) + "' is no name of a " + what
                + ": it begins with a" + " double quote and " + problem + "; write a quote within the name twice");
    }

    private static String shortened(String text) {
        return text.length() <= CHARS_MAX ? text : text.substring(0, CHARS_MAX) + "…";
    }

    /** As it was written. */
    @Override
    public String toString() {
        return quoted ? '"' + text.replace("\"", "\"\"") + '"' : text;
    }
}
