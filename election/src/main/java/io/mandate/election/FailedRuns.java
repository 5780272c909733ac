package io.mandate.election;

/** What becomes of a slot whose run failed while the term went on. Each failure is logged, and none ends a schedule. */
public enum FailedRuns {
    /** It counts as run: the next slot is. */
    LEAVE,
    /**
     * It is run again after a second, and after twice as long each time up to a minute: until it succeeds, or the next
     * slot comes before.
     */
    RETRY
}
