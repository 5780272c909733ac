package io.mandate.election.internal.history;

import io.mandate.election.TermEnd;
import io.mandate.election.TermRecord;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** A history as text: a line for each term, its fields apart by tabs, which names do not contain. */
final class TermHistoryText {
    private static final String NONE = "-";

    private TermHistoryText() {}

    static String write(List<TermRecord> terms) {
        return terms.stream().map(TermHistoryText::line).collect(Collectors.joining("\n"));
    }

    private static String line(TermRecord term) {
        return String.join(
                "\t",
                Long.toString(term.token()),
                term.candidate(),
                term.from().toString(),
                term.to().map(Instant::toString).orElse(NONE),
                term.why().map(TermEnd::name).orElse(NONE));
    }

    /** The terms of a text; lines that say nothing to this version are left out. */
    static List<TermRecord> read(String text) {
        return text.lines().flatMap(line -> term(line).stream()).toList();
    }

    private static Optional<TermRecord> term(String line) {
        String[] fields = line.split("\t", -1);
        if (fields.length < 5) {
            return Optional.empty();
        }
        try {
            return Optional.of(new TermRecord(
                    Long.parseLong(fields[0]),
                    fields[1],
                    Instant.parse(fields[2]),
                    fields[3].equals(NONE) ? Optional.empty() : Optional.of(Instant.parse(fields[3])),
                    fields[4].equals(NONE) ? Optional.empty() : Optional.of(TermEnd.valueOf(fields[4]))));
        } catch (IllegalArgumentException | DateTimeException unknown) {
            return Optional.empty();
        }
    }
}
