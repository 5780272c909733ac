package io.mandate.election;

import java.time.Instant;

/** What runs by a schedule on the leader. */
@FunctionalInterface
public interface ScheduledWork {
    /**
     * Does the work of one slot, on a thread of its own, which is interrupted when the term is over. A slot whose
     * leader died or lost its term is run again by the next one if {@link MissedRuns#CATCH_UP} says so: record what was
     * done under {@code slot} with a guard's once-only form, so that the second time changes nothing.
     *
     * @param slot when this run was due
     * @throws Exception is logged, and handled as {@link FailedRuns} says; it ends neither the term nor the schedule
     */
    void run(Term term, Instant slot) throws Exception;
}
