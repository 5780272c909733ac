package io.mandate.election.schedule;

import io.mandate.election.Term;
import java.time.Instant;

/** What runs by a schedule on the leader. */
@FunctionalInterface
public interface ScheduledWork {
    /**
     * Does the work of one slot. A slot whose leader died or lost its term is run again by the next one if {@link Missed#CATCH_UP} says so: record what was
     * done under {@code slot} with a guard's once-only form, so that the second time changes nothing.
     *
     * @param slot when this run was due
     * @throws Exception is logged; the schedule goes on with the next slot
     */
    void run(Term term, Instant slot) throws Exception;
}
