package io.mandate.election.internal.session;

import io.mandate.election.TermEnd;
import io.mandate.election.internal.time.Moment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * Holds one lease for a process, shared by all of its elections. Pure: events in, effects out, no clock, thread or
 * store of its own. Confined to one thread at a time.
 *
 * <table>
 *   <caption>Transitions. Before any event, a lease whose deadline has passed ends: it is given back, and another one
 *   is requested.</caption>
 *   <tr><th>state</th><th>event</th><th>next</th><th>effects</th></tr>
 *   <tr><td>Idle</td><td>open</td><td>Asking</td><td>grant</td></tr>
 *   <tr><td>Asking</td><td>granted, in time</td><td>Held</td><td>began</td></tr>
 *   <tr><td>Asking</td><td>granted, its deadline passed</td><td>Asking</td><td>revoke; grant after the pause</td></tr>
 *   <tr><td>Asking</td><td>failed</td><td>Asking</td><td>grant after the pause since the last one</td></tr>
 *   <tr><td>Asking</td><td>tick, pause over or answer overdue</td><td>Asking</td><td>grant</td></tr>
 *   <tr><td>Held</td><td>renewed</td><td>Held</td><td>extended</td></tr>
 *   <tr><td>Held</td><td>failed</td><td>Held</td><td>renew after a short pause</td></tr>
 *   <tr><td>Held</td><td>not found</td><td>Asking</td><td>ended; grant</td></tr>
 *   <tr><td>Held</td><td>tick, renewal due or answer overdue</td><td>Held</td><td>renew</td></tr>
 *   <tr><td>Held</td><td>tick, no renewal for two thirds of the time</td><td>Held</td><td>endangered</td></tr>
 *   <tr><td>Held</td><td>close</td><td>Closed</td><td>revoke; ended</td></tr>
 *   <tr><td>Idle, Asking</td><td>close</td><td>Closed</td><td></td></tr>
 *   <tr><td>not Asking</td><td>granted</td><td>the same</td><td>revoke: the answer to an abandoned request</td></tr>
 * </table>
 *
 * Other events change nothing: they answer requests of a state that is over.
 *
 * <p>A renewal without an answer is sent again rather than waited for, and each answer counts from when its own request
 * was sent. So a store that is slow, but not as slow as the lease is long, keeps it.
 */
public final class Session {
    private static final long GRANT_PAUSE_NANOS_MIN = 100_000_000;
    private static final long GRANT_PAUSE_NANOS_MAX = 5_000_000_000L;

    private sealed interface State {
        record Idle() implements State {}

        /**
         * A lease is requested.
         *
         * @param grants sent in vain, which lengthen the pause before the next one
         * @param next when a grant is due
         */
        record Asking(SentRequests sent, int grants, Moment next) implements State {}

        /**
         * There is a lease.
         *
         * @param renewed when the request was sent whose answer the deadline counts from
         * @param warned whether {@link SessionEffect.Endangered} was sent since
         * @param next when a renewal is due
         */
        record Held(long leaseId, Deadline deadline, Moment renewed, boolean warned, SentRequests sent, Moment next)
                implements State {
            Held next(Moment when) {
                return new Held(leaseId, deadline, renewed, warned, sent, when);
            }

            Held sent(SentRequests requests) {
                return new Held(leaseId, deadline, renewed, warned, requests, next);
            }

            Held asWarned() {
                return new Held(leaseId, deadline, renewed, true, sent, next);
            }
        }

        record Closed() implements State {}
    }

    private static final Map<Class<? extends State>, Set<Class<? extends State>>> TRANSITIONS = Map.of(
            State.Idle.class, Set.of(State.Asking.class, State.Closed.class),
            State.Asking.class, Set.of(State.Asking.class, State.Held.class, State.Closed.class),
            State.Held.class, Set.of(State.Held.class, State.Asking.class, State.Closed.class),
            State.Closed.class, Set.of());

    private final SessionOptions options;
    private final RandomGenerator random;
    private State state = new State.Idle();
    private long attempts;
    private Moment lastEvent = new Moment(0, 0);

    /**
     * A session without a lease.
     *
     * @param random spreads the requests of many processes to a store that is available again
     */
    public Session(SessionOptions options, RandomGenerator random) {
        this.options = options;
        this.random = random;
    }

    /**
     * The effects of an event at this moment; the last one, unless the session is idle or closed, is a
     * {@link SessionEffect.WakeAt}.
     */
    public List<SessionEffect> on(SessionEvent event, Moment now) {
        Step step = new Step(now);
        step.endIfOver();
        lastEvent = now;
        event.accept(step);
        step.sendDueRequests();
        return step.effects;
    }

    /** Whether the session has no effects any more. */
    public boolean isClosed() {
        return state instanceof State.Closed;
    }

    private void become(State next) {
        if (!TRANSITIONS.getOrDefault(state.getClass(), Set.of()).contains(next.getClass())) {
            throw new AssertionError(
                    "a session cannot go from " + state.getClass().getSimpleName() + " to "
                            + next.getClass().getSimpleName());
        }
        state = next;
    }

    /** One event at one moment. */
    private final class Step implements SessionEvent.Handler {
        private final Moment now;
        private final List<SessionEffect> effects = new ArrayList<>();

        Step(Moment now) {
            this.now = now;
        }

        void endIfOver() {
            if (state instanceof State.Held held && held.deadline.hasPassed(now)) {
                boolean paused =
                        held.deadline.passedInSuspension(now) || now.nanosSince(lastEvent) > options.standstillNanos();
                effects.add(new SessionEffect.Ended(held.leaseId, paused ? TermEnd.PAUSED : TermEnd.STORE_UNREACHABLE));
                // The store may keep it a little longer, and the next candidates would wait for its end.
                effects.add(new SessionEffect.Revoke(held.leaseId));
                ask();
            }
        }

        private void ask() {
            become(new State.Asking(SentRequests.NONE, 0, now));
        }

        @Override
        public void open(SessionEvent.Open event) {
            if (state instanceof State.Idle) {
                ask();
            }
        }

        @Override
        public void granted(SessionEvent.Granted event) {
            Optional<Moment> sent =
                    state instanceof State.Asking asking ? asking.sent.sent(event.attempt()) : Optional.empty();
            Optional<Deadline> deadline = sent.map(when -> Deadline.of(when, event.ttlMillis(), options.driftBound()));
            if (sent.isEmpty() || deadline.isEmpty() || deadline.get().hasPassed(now)) {
                effects.add(new SessionEffect.Revoke(event.leaseId()));
                return;
            }
            become(new State.Held(
                    event.leaseId(), deadline.get(), sent.get(), false, SentRequests.NONE, nextRenewal(sent.get())));
            effects.add(new SessionEffect.Began(event.leaseId(), deadline.get()));
        }

        private Moment nextRenewal(Moment renewed) {
            return renewed.plusNanos(options.renewalIntervalNanos());
        }

        @Override
        public void renewed(SessionEvent.Renewed event) {
            if (state instanceof State.Held held) {
                held.sent.sent(event.attempt()).ifPresent(sent -> {
                    Deadline deadline = Deadline.of(sent, event.ttlMillis(), options.driftBound());
                    SentRequests unanswered = held.sent.after(event.attempt());
                    become(new State.Held(held.leaseId, deadline, sent, false, unanswered, nextRenewal(sent)));
                    effects.add(new SessionEffect.Extended(held.leaseId, deadline));
                });
            }
        }

        @Override
        public void notFound(SessionEvent.NotFound event) {
            if (state instanceof State.Held held
                    && held.sent.sent(event.attempt()).isPresent()) {
                effects.add(new SessionEffect.Ended(held.leaseId, TermEnd.REVOKED));
                ask();
            }
        }

        @Override
        public void failed(SessionEvent.Failed event) {
            if (state instanceof State.Asking asking) {
                become(new State.Asking(asking.sent.without(event.attempt()), asking.grants, asking.next));
            } else if (state instanceof State.Held held
                    && held.sent.sent(event.attempt()).isPresent()) {
                boolean isLatest = event.attempt() == attempts;
                Moment next = isLatest ? now.plusNanos(options.answerNanosMax() / 4) : held.next;
                become(held.sent(held.sent.without(event.attempt())).next(next));
            }
        }

        @Override
        public void tick(SessionEvent.Tick event) {
            // Due requests are sent after every event.
        }

        @Override
        public void close(SessionEvent.Close event) {
            if (state instanceof State.Held held) {
                effects.add(new SessionEffect.Revoke(held.leaseId));
                effects.add(new SessionEffect.Ended(held.leaseId, TermEnd.RESIGNED));
            }
            if (!isClosed()) {
                become(new State.Closed());
            }
        }

        /** Also warns, and says when the next event is due. */
        void sendDueRequests() {
            if (state instanceof State.Asking asking) {
                State.Asking sent = asking.next.nanosSince(now) <= 0 ? sendGrant(asking) : asking;
                effects.add(new SessionEffect.WakeAt(now.plusNanos(sent.next.nanosSince(now))));
            } else if (state instanceof State.Held held) {
                State.Held sent = held.next.nanosSince(now) <= 0 ? sendRenewal(held) : held;
                State.Held warned = warnIfEndangered(sent);
                long idleNanos = Math.min(warned.next.nanosSince(now), warned.deadline.remainingNanos(now));
                if (!warned.warned) {
                    idleNanos = Math.min(idleNanos, untilEndangeredNanos(warned));
                }
                effects.add(new SessionEffect.WakeAt(now.plusNanos(idleNanos)));
            }
        }

        /** Each grant without an answer may have made a lease, so that they are sent less and less often. */
        private State.Asking sendGrant(State.Asking asking) {
            attempts++;
            effects.add(new SessionEffect.Grant(attempts, options.ttlMillis()));
            State.Asking sent = new State.Asking(
                    asking.sent.with(attempts, now), asking.grants + 1, now.plusNanos(pauseNanos(asking.grants)));
            become(sent);
            return sent;
        }

        private State.Held sendRenewal(State.Held held) {
            attempts++;
            effects.add(new SessionEffect.Renew(attempts, held.leaseId));
            State.Held sent = held.sent(held.sent.with(attempts, now)).next(now.plusNanos(options.answerNanosMax()));
            become(sent);
            return sent;
        }

        /** Doubles with each grant in vain, and is spread by a quarter to either side. */
        private long pauseNanos(int grantsBefore) {
            long firstNanos = Math.max(GRANT_PAUSE_NANOS_MIN, options.answerNanosMax());
            long nanos = Math.min(GRANT_PAUSE_NANOS_MAX, firstNanos << Math.min(grantsBefore, 6));
            return (long) (nanos * random.nextDouble(0.75, 1.25));
        }

        private State.Held warnIfEndangered(State.Held held) {
            if (held.warned || untilEndangeredNanos(held) > 0) {
                return held;
            }
            effects.add(new SessionEffect.Endangered(held.leaseId, held.deadline.remainingNanos(now)));
            State.Held warned = held.asWarned();
            become(warned);
            return warned;
        }

        /** Until two thirds of the time since the last renewal have passed: the next one was due after one third. */
        private long untilEndangeredNanos(State.Held held) {
            return held.renewed.plusNanos(2 * options.renewalIntervalNanos()).nanosSince(now);
        }
    }
}
