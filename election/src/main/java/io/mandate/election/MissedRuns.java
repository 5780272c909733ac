package io.mandate.election;

import io.mandate.election.internal.schedule.Slots;

/** What becomes of slots that passed while nobody led, or whose run did not return within its term. */
public enum MissedRuns {
    /**
     * They are run one after the other, the oldest first: up to {@value Slots#CATCH_UP_MAX}, and of more the latest.
     */
    CATCH_UP,
    /** They are left out. */
    SKIP
}
