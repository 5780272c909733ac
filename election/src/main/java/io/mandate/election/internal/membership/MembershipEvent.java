package io.mandate.election.internal.membership;

/** What happened to a membership. */
public sealed interface MembershipEvent {
    /** Calls the handler's method of this event. */
    void accept(Handler handler);

    /** One method for each event, so that a new one does not compile until it is handled. */
    interface Handler {
        void registered(Registered event);

        void unregistered(Unregistered event);

        void changed(Changed event);

        void looked(Looked event);

        void planAnswered(PlanAnswered event);

        void failed(Failed event);

        void left(Left event);

        void leave(Leave event);

        void tick(Tick event);
    }

    /** The member's name is this process', and the others see it. */
    record Registered() implements MembershipEvent {
        @Override
        public void accept(Handler handler) {
            handler.registered(this);
        }
    }

    /** It is not any more, or not yet again. */
    record Unregistered() implements MembershipEvent {
        @Override
        public void accept(Handler handler) {
            handler.unregistered(this);
        }
    }

    /** Members, plan or settings may have changed. */
    record Changed() implements MembershipEvent {
        @Override
        public void accept(Handler handler) {
            handler.changed(this);
        }
    }

    /**
     * What was found.
     *
     * @param attempt of the {@link MembershipEffect.Look} that this answers
     */
    record Looked(long attempt, WorkloadView view) implements MembershipEvent {
        @Override
        public void accept(Handler handler) {
            handler.looked(this);
        }
    }

    /**
     * The plan was written, or somebody else was faster.
     *
     * @param attempt of the {@link MembershipEffect.WritePlan} that this answers
     */
    record PlanAnswered(long attempt) implements MembershipEvent {
        @Override
        public void accept(Handler handler) {
            handler.planAnswered(this);
        }
    }

    /**
     * A request failed, and nobody knows whether it took effect.
     *
     * @param attempt of the {@link MembershipEffect.Look} or {@link MembershipEffect.WritePlan}
     */
    record Failed(long attempt) implements MembershipEvent {
        @Override
        public void accept(Handler handler) {
            handler.failed(this);
        }
    }

    /**
     * Nothing of this partition runs here, and no key of it is in the store.
     *
     * @param early whether its work returned, or failed, though nobody asked it to
     */
    record Left(int partition, boolean early) implements MembershipEvent {
        @Override
        public void accept(Handler handler) {
            handler.left(this);
        }
    }

    /** The member is to give everything away and to end. */
    record Leave() implements MembershipEvent {
        @Override
        public void accept(Handler handler) {
            handler.leave(this);
        }
    }

    /**
     * Time has passed. To be told at the moment of the last {@link MembershipEffect.WakeAt}, and harmless at any other.
     */
    record Tick() implements MembershipEvent {
        @Override
        public void accept(Handler handler) {
            handler.tick(this);
        }
    }
}
