package io.mandate.cli.demo;

import io.mandate.election.Term;
import java.util.List;

/** What candidates work on: text with a line for each entry, numbered without gaps. */
public interface Ledger {
    /**
     * What a candidate has seen of it.
     *
     * @param version whatever tells this text from a later one
     */
    record Seen(String text, String version) {
        /** The entry that comes next. */
        String next(String writer) {
            return (text.lines().count() + 1) + " by " + writer;
        }

        /** The text with one more line. */
        public String with(String line) {
            return text + line + "\n";
        }
    }

    Seen read() throws Exception;

    /**
     * Adds a line to what was seen.
     *
     * @return false if somebody else was faster
     */
    boolean append(Term term, Seen seen, String line) throws Exception;

    /** Its lines, as they are now. */
    default List<String> lines() throws Exception {
        return read().text().lines().toList();
    }
}
