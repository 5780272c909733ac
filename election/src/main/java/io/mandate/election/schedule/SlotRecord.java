package io.mandate.election.schedule;

import java.time.Instant;
import java.util.Optional;

/**
 * The last slot of a schedule, as the store remembers it.
 *
 * @param slot when it was due
 * @param token of the term that ran it
 * @param finished when the run returned; empty while it runs, and if it never did
 */
record SlotRecord(Instant slot, long token, Optional<Instant> finished) {
    private static final String NOT_YET = "-";

    String text() {
        return slot + " " + token + " " + finished.map(Instant::toString).orElse(NOT_YET);
    }

    static SlotRecord parse(String text) {
        String[] fields = text.split(" ", -1);
        if (fields.length != 3) {
            throw new IllegalStateException("the store's record of this schedule reads '" + text
                    + "', which is none: something else writes this key; choose another name");
        }
        return new SlotRecord(
                Instant.parse(fields[0]),
                Long.parseLong(fields[1]),
                fields[2].equals(NOT_YET) ? Optional.empty() : Optional.of(Instant.parse(fields[2])));
    }
}
