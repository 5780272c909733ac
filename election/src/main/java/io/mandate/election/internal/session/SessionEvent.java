package io.mandate.election.internal.session;

/** An input of a session. */
public sealed interface SessionEvent {
    /** Calls the handler's method of this event. */
    void accept(Handler handler);

    /** One method for each event, so that a new one does not compile until it is handled. */
    interface Handler {
        void open(Open event);

        void granted(Granted event);

        void renewed(Renewed event);

        void notFound(NotFound event);

        void failed(Failed event);

        void tick(Tick event);

        void close(Close event);
    }

    /** The holder wants a lease. */
    record Open() implements SessionEvent {
        @Override
        public void accept(Handler handler) {
            handler.open(this);
        }
    }

    /**
     * The store granted a lease.
     *
     * @param attempt of the {@link SessionEffect.Grant} that this answers
     * @param ttlMillis as granted, which may differ from the request
     */
    record Granted(long attempt, long leaseId, long ttlMillis) implements SessionEvent {
        @Override
        public void accept(Handler handler) {
            handler.granted(this);
        }
    }

    /**
     * The store renewed the lease.
     *
     * @param attempt of the {@link SessionEffect.Renew} that this answers
     */
    record Renewed(long attempt, long ttlMillis) implements SessionEvent {
        @Override
        public void accept(Handler handler) {
            handler.renewed(this);
        }
    }

    /**
     * The store has no such lease.
     *
     * @param attempt of the {@link SessionEffect.Renew} that this answers
     */
    record NotFound(long attempt) implements SessionEvent {
        @Override
        public void accept(Handler handler) {
            handler.notFound(this);
        }
    }

    /**
     * A request failed; whether it took effect is unknown.
     *
     * @param attempt of the {@link SessionEffect.Grant} or {@link SessionEffect.Renew}
     */
    record Failed(long attempt) implements SessionEvent {
        @Override
        public void accept(Handler handler) {
            handler.failed(this);
        }
    }

    /** Time has passed. Due at the moment of the last {@link SessionEffect.WakeAt}, and harmless at any other. */
    record Tick() implements SessionEvent {
        @Override
        public void accept(Handler handler) {
            handler.tick(this);
        }
    }

    /** The holder wants no lease any more. */
    record Close() implements SessionEvent {
        @Override
        public void accept(Handler handler) {
            handler.close(this);
        }
    }
}
