package io.mandate.election;

import java.time.Duration;

/**
 * Is notified of the terms of a candidate, for logs and metrics. In order, one call at a time, each exactly once a
 * term, on a worker thread and under no lock: a slow listener delays its own later calls and nothing else. A term may
 * be over by the time of the call: act upon {@link Term#requireValid} only.
 */
public interface TermListener {
    /** A term has begun. */
    default void began(Term term) {}

    /**
     * Renewals are overdue: unless one succeeds the term ends in about so much time. At most once between two renewals.
     */
    default void endangered(Term term, Duration remaining) {}

    /** The term is over. */
    default void ended(Term term, TermEnd why) {}
}
