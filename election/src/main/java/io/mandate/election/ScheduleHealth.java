package io.mandate.election;

import java.time.Instant;
import java.util.Optional;

/**
 * How a schedule fares, for health checks: not to act upon.
 *
 * @param state what it does
 * @param waitsFor what it waits for, in words, such as {@code "the slot at 2026-03-01T03:00:00Z"}
 * @param slot the one that runs, or comes next; empty if that is not known here
 * @param storeFailure what the store last failed with; empty if it answered since
 * @param runFailure what the last run failed with; empty if it succeeded, or nothing has run here yet
 */
public record ScheduleHealth(
        State state, String waitsFor, Optional<Instant> slot, String storeFailure, String runFailure) {
    /** What a schedule does. */
    public enum State {
        /** It, or its election, is closed. */
        CLOSED,
        /** It waits to lead, or to lead again. */
        CAMPAIGNING,
        /** It leads, and waits for the store: to read or write which slot was run last. */
        ASKING_STORE,
        /** It leads, and waits for a slot's time. */
        WAITING,
        /** Its work runs, or is to run again after a failure. */
        RUNNING
    }
}
