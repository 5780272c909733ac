package io.mandate.election.internal.session;

import io.mandate.election.TermEnd;
import io.mandate.election.internal.time.Moment;

/** An output of a session, to be executed in order. */
public sealed interface SessionEffect {
    /** Calls the handler's method of this effect. */
    void accept(Handler handler);

    /** One method for each effect, so that a new one does not compile until it is handled. */
    interface Handler {
        void grant(Grant effect);

        void renew(Renew effect);

        void revoke(Revoke effect);

        void began(Began effect);

        void extended(Extended effect);

        void endangered(Endangered effect);

        void ended(Ended effect);

        void wakeAt(WakeAt effect);
    }

    /** Request a lease from the store. */
    record Grant(long attempt, long ttlMillis) implements SessionEffect {
        @Override
        public void accept(Handler handler) {
            handler.grant(this);
        }
    }

    /** Request a renewal of the lease. */
    record Renew(long attempt, long leaseId) implements SessionEffect {
        @Override
        public void accept(Handler handler) {
            handler.renew(this);
        }
    }

    /** Give the lease back to the store; the answer is ignored. */
    record Revoke(long leaseId) implements SessionEffect {
        @Override
        public void accept(Handler handler) {
            handler.revoke(this);
        }
    }

    /** Notify the holder that it has a lease. */
    record Began(long leaseId, Deadline deadline) implements SessionEffect {
        @Override
        public void accept(Handler handler) {
            handler.began(this);
        }
    }

    /** Notify the holder that its lease lasts longer. */
    record Extended(long leaseId, Deadline deadline) implements SessionEffect {
        @Override
        public void accept(Handler handler) {
            handler.extended(this);
        }
    }

    /**
     * Warn that renewals are overdue: the lease ends after the remaining time unless one succeeds. Once until the next
     * renewal.
     */
    record Endangered(long leaseId, long remainingNanos) implements SessionEffect {
        @Override
        public void accept(Handler handler) {
            handler.endangered(this);
        }
    }

    /** Notify the holder that its lease has ended. */
    record Ended(long leaseId, TermEnd why) implements SessionEffect {
        @Override
        public void accept(Handler handler) {
            handler.ended(this);
        }
    }

    /** Send {@link SessionEvent.Tick} at this moment, instead of the one requested before. */
    record WakeAt(Moment when) implements SessionEffect {
        @Override
        public void accept(Handler handler) {
            handler.wakeAt(this);
        }
    }
}
