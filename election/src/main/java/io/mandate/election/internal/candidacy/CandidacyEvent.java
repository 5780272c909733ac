package io.mandate.election.internal.candidacy;

import io.mandate.election.TermEnd;
import io.mandate.election.store.Entry;
import java.util.List;

/** An input of a candidacy. */
public sealed interface CandidacyEvent {
    /** Calls the handler's method of this event. */
    void accept(Handler handler);

    /** One method for each event, so that a new one does not compile until it is handled. */
    interface Handler {
        void campaign(Campaign event);

        void resign(Resign event);

        void leaseBegan(LeaseBegan event);

        void leaseEnded(LeaseEnded event);

        void entered(Entered event);

        void looked(Looked event);

        void removed(Removed event);

        void failed(Failed event);

        void changed(Changed event);

        void termOver(TermOver event);

        void drainOverdue(DrainOverdue event);

        void workReturned(WorkReturned event);

        void tick(Tick event);
    }

    /**
     * The candidate is to lead.
     *
     * @param waits false to leave instead of waiting behind other candidates
     */
    record Campaign(boolean waits) implements CandidacyEvent {
        @Override
        public void accept(Handler handler) {
            handler.campaign(this);
        }
    }

    /** The candidate is not to lead any more: once the work has returned, or at once if none runs. */
    record Resign() implements CandidacyEvent {
        @Override
        public void accept(Handler handler) {
            handler.resign(this);
        }
    }

    /** This process has a lease. */
    record LeaseBegan(long leaseId) implements CandidacyEvent {
        @Override
        public void accept(Handler handler) {
            handler.leaseBegan(this);
        }
    }

    /** The lease has ended, and every key on it counts as deleted. */
    record LeaseEnded(TermEnd why) implements CandidacyEvent {
        @Override
        public void accept(Handler handler) {
            handler.leaseEnded(this);
        }
    }

    /**
     * The key is in the store.
     *
     * @param attempt of the {@link CandidacyEffect.Enter} that this answers
     * @param creation version at which the key came to be
     */
    record Entered(long attempt, long creation) implements CandidacyEvent {
        @Override
        public void accept(Handler handler) {
            handler.entered(this);
        }
    }

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

        @Override
        public void accept(Handler handler) {
            handler.looked(this);
        }
    }

    /**
     * The key is not in the store any more.
     *
     * @param attempt of the {@link CandidacyEffect.Remove} that this answers
     */
    record Removed(long attempt) implements CandidacyEvent {
        @Override
        public void accept(Handler handler) {
            handler.removed(this);
        }
    }

    /**
     * A request failed; whether it took effect is unknown.
     *
     * @param attempt of the {@link CandidacyEffect.Enter}, {@link CandidacyEffect.Look} or
     *     {@link CandidacyEffect.Remove}
     */
    record Failed(long attempt) implements CandidacyEvent {
        @Override
        public void accept(Handler handler) {
            handler.failed(this);
        }
    }

    /** The watched key may have changed. */
    record Changed() implements CandidacyEvent {
        @Override
        public void accept(Handler handler) {
            handler.changed(this);
        }
    }

    /**
     * The term ended outside of this machine: a guard has seen a larger token, or the work has read a clock past the
     * deadline.
     */
    record TermOver(long token, TermEnd why) implements CandidacyEvent {
        @Override
        public void accept(Handler handler) {
            handler.termOver(this);
        }
    }

    /** The drain timeout of the work has passed: the next candidate is not to wait for it. */
    record DrainOverdue() implements CandidacyEvent {
        @Override
        public void accept(Handler handler) {
            handler.drainOverdue(this);
        }
    }

    /**
     * The work of the last term returned.
     *
     * @param done false if it wants to run again in another term
     */
    record WorkReturned(boolean done) implements CandidacyEvent {
        @Override
        public void accept(Handler handler) {
            handler.workReturned(this);
        }
    }

    /** Time has passed. Due at the moment of the last {@link CandidacyEffect.WakeAt}, and harmless at any other. */
    record Tick() implements CandidacyEvent {
        @Override
        public void accept(Handler handler) {
            handler.tick(this);
        }
    }
}
