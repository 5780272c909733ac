package io.mandate.election;

import io.mandate.election.session.TermEnd;
import java.time.Duration;

/**
 * Told what becomes of a candidate's terms, for logs and metrics. In order, one call at a time, each exactly once a
 * term, on a worker thread and under no lock: a slow listener delays its own later calls and nothing else. What it is
 * told may be over by then: act upon a {@link Term} only.
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
