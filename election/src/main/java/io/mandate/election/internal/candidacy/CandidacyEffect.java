package io.mandate.election.internal.candidacy;

import io.mandate.election.TermEnd;
import io.mandate.election.internal.time.Moment;

/** An output of a candidacy, to be executed in order. */
public sealed interface CandidacyEffect {
    /** Calls the handler's method of this effect. */
    void accept(Handler handler);

    /** One method for each effect, so that a new one does not compile until it is handled. */
    interface Handler {
        void enter(Enter effect);

        void look(Look effect);

        void remove(Remove effect);

        void watch(Watch effect);

        void unwatch(Unwatch effect);

        void beginTerm(BeginTerm effect);

        void askToFinish(AskToFinish effect);

        void endTerm(EndTerm effect);

        void left(Left effect);

        void wakeAt(WakeAt effect);
    }

    /**
     * Create this key on this lease; answered the same way when it is there already, because no other candidate creates
     * it.
     */
    record Enter(long attempt, String key, long leaseId) implements CandidacyEffect {
        @Override
        public void accept(Handler handler) {
            handler.enter(this);
        }
    }

    /** List the election's keys. */
    record Look(long attempt) implements CandidacyEffect {
        @Override
        public void accept(Handler handler) {
            handler.look(this);
        }
    }

    /** Delete this key if it was created so. */
    record Remove(long attempt, String key, long creation) implements CandidacyEffect {
        @Override
        public void accept(Handler handler) {
            handler.remove(this);
        }
    }

    /** Watch this key, instead of the one before; notifications are hints. */
    record Watch(String key) implements CandidacyEffect {
        @Override
        public void accept(Handler handler) {
            handler.watch(this);
        }
    }

    /** Watch nothing. */
    record Unwatch() implements CandidacyEffect {
        @Override
        public void accept(Handler handler) {
            handler.unwatch(this);
        }
    }

    /** The candidate leads, and its work is to run. */
    record BeginTerm(long token) implements CandidacyEffect {
        @Override
        public void accept(Handler handler) {
            handler.beginTerm(this);
        }
    }

    /** The work is asked to finish: it still leads. */
    record AskToFinish(long token) implements CandidacyEffect {
        @Override
        public void accept(Handler handler) {
            handler.askToFinish(this);
        }
    }

    /** The candidate does not lead any more, and the work, if it still runs, is to be interrupted. */
    record EndTerm(long token, TermEnd why) implements CandidacyEffect {
        @Override
        public void accept(Handler handler) {
            handler.endTerm(this);
        }
    }

    /**
     * The candidate is out of the election and wants nothing of it; its key is not in the store, or is on a lease that
     * has ended.
     */
    record Left() implements CandidacyEffect {
        @Override
        public void accept(Handler handler) {
            handler.left(this);
        }
    }

    /** Send {@link CandidacyEvent.Tick} at this moment, instead of the one requested before. */
    record WakeAt(Moment when) implements CandidacyEffect {
        @Override
        public void accept(Handler handler) {
            handler.wakeAt(this);
        }
    }
}
