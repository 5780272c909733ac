package io.mandate.election.internal.schedule;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The last slot of a schedule, as the store remembers it. Times are of the wall clock of the leader that wrote them.
 *
 * @param slot when it was due
 * @param token of the term that ran it
 * @param finished when the run returned; empty while it runs, and if it never did
 */
public record SlotRecord(Instant slot, long token, Optional<Instant> finished) {
    private static final String NOT_YET = "-";

    /** As it stands in the store. */
    public String text() {
        return slot + " " + token + " " + finished.map(Instant::toString).orElse(NOT_YET);
    }

    /**
     * The other way round.
     *
     * @throws IllegalArgumentException if the text is none of {@link #text}: with what to do
     */
    public static SlotRecord parse(String text) {
        String[] fields = text.split(" ", -1);
        try {
            if (fields.length == 3) {
                return new SlotRecord(
                        Instant.parse(fields[0]),
                        Long.parseLong(fields[1]),
                        fields[2].equals(NOT_YET) ? Optional.empty() : Optional.of(Instant.parse(fields[2])));
            }
        } catch (DateTimeException | NumberFormatException unreadable) {
            throw foreign(text, unreadable);
        }
        throw foreign(text, null);
    }

    private static IllegalArgumentException foreign(String text, @Nullable Exception cause) {
        return new IllegalArgumentException(
                "the store's record of this schedule reads '" + text
                        + "', which is none: something else writes this key; delete it, or name the schedule "
                        + "differently",
                cause);
    }
}
