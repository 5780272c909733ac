package io.mandate.election.candidacy;

import io.mandate.election.session.TermEnd;
import io.mandate.election.time.Moment;

/** What is to be done for a candidacy, in this order. */
public sealed interface CandidacyEffect {
    /**
     * Create this key on this lease; answered the same way when it is there already, because nobody else creates it.
     */
    record Enter(long attempt, String key, long leaseId) implements CandidacyEffect {}

    /** List the election's keys. */
    record Look(long attempt) implements CandidacyEffect {}

    /** Delete this key if it was created so. */
    record Remove(long attempt, String key, long creation) implements CandidacyEffect {}

    /** Watch this key, and not the one before; only a hint is expected of it. */
    record Watch(String key) implements CandidacyEffect {}

    /** Watch nothing. */
    record Unwatch() implements CandidacyEffect {}

    /** The candidate leads, and its work is to run. */
    record BeginTerm(long token) implements CandidacyEffect {}

    /** The work is asked to finish: it still leads. */
    record AskToFinish(long token) implements CandidacyEffect {}

    /** The candidate does not lead any more, and the work, if it still runs, is to be interrupted. */
    record EndTerm(long token, TermEnd why) implements CandidacyEffect {}

    /**
     * The candidate is out of the election and wants nothing of it; its key is not in the store, or is on a lease that
     * has ended.
     */
    record Left() implements CandidacyEffect {}

    /** Tell {@link CandidacyEvent.Tick} at this moment, and forget the one asked for before. */
    record WakeAt(Moment when) implements CandidacyEffect {}
}
