package io.mandate.election.candidacy;

import io.mandate.election.session.TermEnd;
import io.mandate.election.store.Entry;
import java.util.List;

/** What happened to a candidacy. */
public sealed interface CandidacyEvent {
    /**
     * Somebody wants to lead.
     *
     * @param patient false to give up instead of waiting behind others
     */
    record Campaign(boolean patient) implements CandidacyEvent {}

    /** Nobody wants to lead any more: once the work has returned, or at once if none runs. */
    record Resign() implements CandidacyEvent {}

    /** This process has a lease. */
    record LeaseBegan(long leaseId) implements CandidacyEvent {}

    /** The lease has ended, and every key on it counts as gone. */
    record LeaseEnded(TermEnd why) implements CandidacyEvent {}

    /**
     * The key is in the store.
     *
     * @param attempt of the {@link CandidacyEffect.Enter} that this answers
     * @param creation version at which the key came to be
     */
    record Entered(long attempt, long creation) implements CandidacyEvent {}

    /**
     * The keys that begin with the election's name and a slash.
     *
     * @param attempt of the {@link CandidacyEffect.Look} that this answers
     * @param candidates those created first first; others among them are left out here
     */
    record Looked(long attempt, List<Entry> candidates) implements CandidacyEvent {
        public Looked {
            candidates = List.copyOf(candidates);
        }
    }

    /**
     * The key is not in the store any more.
     *
     * @param attempt of the {@link CandidacyEffect.Remove} that this answers
     */
    record Removed(long attempt) implements CandidacyEvent {}

    /**
     * A request failed, and nobody knows whether it took effect.
     *
     * @param attempt of the {@link CandidacyEffect.Enter}, {@link CandidacyEffect.Look} or
     *     {@link CandidacyEffect.Remove}
     */
    record Failed(long attempt) implements CandidacyEvent {}

    /** What is watched may have changed. */
    record Changed() implements CandidacyEvent {}

    /**
     * The work found its term over before this was told: a guard has seen a larger token, or a clock has shown the
     * deadline.
     */
    record TermOver(long token, TermEnd why) implements CandidacyEvent {}

    /** Work that was to finish, or whose term is over, has had its time: the next one is not to wait for it. */
    record DrainOverdue() implements CandidacyEvent {}

    /**
     * The work of the last term returned.
     *
     * @param done false if it wants to run again in another term
     */
    record WorkReturned(boolean done) implements CandidacyEvent {}

    /**
     * Time has passed. To be told at the moment of the last {@link CandidacyEffect.WakeAt}, and harmless at any other.
     */
    record Tick() implements CandidacyEvent {}
}
