package io.mandate.election.session;

import io.mandate.election.time.Moment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Holds one lease for a process, shared by all of its elections. Pure: events in, effects out, no clock, thread or
 * store of its own. Confined to one thread at a time.
 *
 * <table>
 *   <caption>Transitions. Before any event, a lease whose deadline has passed ends: it is given back, and another one
 *   is asked for.</caption>
 *   <tr><th>state</th><th>event</th><th>next</th><th>what is to be done</th></tr>
 *   <tr><td>idle</td><td>open</td><td>asking</td><td>grant</td></tr>
 *   <tr><td>asking</td><td>granted, in time</td><td>held</td><td>tell: began</td></tr>
 *   <tr><td>asking</td><td>granted, its deadline passed</td><td>asking</td><td>revoke; grant when the pause is
 *   over</td></tr>
 *   <tr><td>asking</td><td>failed</td><td>asking</td><td>grant when the pause since the last one is over</td></tr>
 *   <tr><td>asking</td><td>tick, pause over or answer overdue</td><td>asking</td><td>grant</td></tr>
 *   <tr><td>held</td><td>renewed</td><td>held</td><td>tell: extended</td></tr>
 *   <tr><td>held</td><td>failed</td><td>held</td><td>renew after a short pause</td></tr>
 *   <tr><td>held</td><td>gone</td><td>asking</td><td>tell: ended; grant</td></tr>
 *   <tr><td>held</td><td>tick, renewal due or answer overdue</td><td>held</td><td>renew</td></tr>
 *   <tr><td>held</td><td>tick, no renewal for two thirds of the time</td><td>held</td><td>warn: endangered</td></tr>
 *   <tr><td>held</td><td>close</td><td>closed</td><td>revoke; tell: ended</td></tr>
 *   <tr><td>idle, asking</td><td>close</td><td>closed</td><td></td></tr>
 *   <tr><td>not asking</td><td>granted</td><td>the same</td><td>revoke: the answer to a request that was given
 *   up</td></tr>
 * </table>
 *
 * Other events change nothing: they answer what is no longer asked.
 *
 * <p>A renewal without an answer is sent again rather than waited for, and whichever answer comes counts from when its
 * own request was sent. So a store that is slow, but not as slow as the lease is long, keeps it.
 */
public final class Session {
    /** Requests without an answer of which is remembered when they were sent: more do not fit into one time to live. */
    private static final int ATTEMPTS_REMEMBERED = 8;

    private static final long GRANT_PAUSE_NANOS_MIN = 100_000_000;
    private static final long GRANT_PAUSE_NANOS_MAX = 5_000_000_000L;

    private enum State {
        IDLE,
        ASKING,
        HELD,
        CLOSED
    }

    /** What is held, from the first grant to the end. */
    private static final class Held {
        final long leaseId;
        Deadline deadline;
        Moment renewed;
        boolean warned;

        Held(long leaseId, Deadline deadline, Moment granted) {
            this.leaseId = leaseId;
            this.deadline = deadline;
            this.renewed = granted;
        }
    }

    private final SessionOptions options;
    private final RandomGenerator random;
    private final Map<Long, Moment> sentByAttempt = new LinkedHashMap<>();
    private State state = State.IDLE;
    private @Nullable Held held;
    private long attempts;
    private int grantsInVain;
    private Moment nextRequest = new Moment(0, 0);
    private Moment lastEvent = new Moment(0, 0);

    /**
     * A session without a lease.
     *
     * @param random spreads what many processes ask of a store that has come back
     */
    public Session(SessionOptions options, RandomGenerator random) {
        this.options = options;
        this.random = random;
    }

    /**
     * What follows from an event at this moment; the last effect, unless the session is idle or closed, says when to
     * come back.
     */
    public List<SessionEffect> on(SessionEvent event, Moment now) {
        List<SessionEffect> effects = new ArrayList<>();
        endIfOver(now, effects);
        lastEvent = now;
        if (event instanceof SessionEvent.Open) {
            open(now);
        } else if (event instanceof SessionEvent.Granted granted) {
            granted(granted, now, effects);
        } else if (event instanceof SessionEvent.Renewed renewed) {
            renewed(renewed, effects);
        } else if (event instanceof SessionEvent.Gone gone) {
            gone(gone, now, effects);
        } else if (event instanceof SessionEvent.Failed failed) {
            failed(failed, now);
        } else if (event instanceof SessionEvent.Close) {
            close(effects);
        } else if (!(event instanceof SessionEvent.Tick)) {
            throw new AssertionError("unknown: " + event);
        }
        act(now, effects);
        return effects;
    }

    /** Whether nothing more is to come of it. */
    public boolean isClosed() {
        return state == State.CLOSED;
    }

    private void endIfOver(Moment now, List<SessionEffect> effects) {
        Held lease = held;
        if (lease != null && lease.deadline.hasPassed(now)) {
            boolean paused = lease.deadline.passedInSuspension(now) || stoodStill(now);
            TermEnd why = paused ? TermEnd.PAUSED : TermEnd.STORE_UNREACHABLE;
            effects.add(new SessionEffect.Ended(lease.leaseId, why));
            // The store may keep it a little longer, and whoever waits for its end with it.
            effects.add(new SessionEffect.Revoke(lease.leaseId));
            askAnew(now);
        }
    }

    private boolean stoodStill(Moment now) {
        return now.nanosSince(lastEvent) > options.standstillNanos();
    }

    private void askAnew(Moment now) {
        held = null;
        sentByAttempt.clear();
        state = State.ASKING;
        nextRequest = now;
    }

    private void open(Moment now) {
        if (state == State.IDLE) {
            askAnew(now);
        }
    }

    private void granted(SessionEvent.Granted granted, Moment now, List<SessionEffect> effects) {
        Moment sent = sentByAttempt.get(granted.attempt());
        if (state != State.ASKING || sent == null) {
            effects.add(new SessionEffect.Revoke(granted.leaseId()));
            return;
        }
        Deadline deadline = Deadline.of(sent, granted.ttlMillis(), options.driftBound());
        if (deadline.hasPassed(now)) {
            effects.add(new SessionEffect.Revoke(granted.leaseId()));
            return;
        }
        sentByAttempt.clear();
        grantsInVain = 0;
        state = State.HELD;
        held = new Held(granted.leaseId(), deadline, sent);
        nextRequest = sent.plusNanos(options.renewalIntervalNanos());
        effects.add(new SessionEffect.Began(granted.leaseId(), deadline));
    }

    private void renewed(SessionEvent.Renewed renewed, List<SessionEffect> effects) {
        Moment sent = sentByAttempt.get(renewed.attempt());
        Held lease = held;
        if (lease == null || sent == null) {
            return;
        }
        // Of those sent before, the answers say less than this one.
        sentByAttempt.keySet().removeIf(attempt -> attempt <= renewed.attempt());
        lease.deadline = Deadline.of(sent, renewed.ttlMillis(), options.driftBound());
        lease.renewed = sent;
        lease.warned = false;
        nextRequest = sent.plusNanos(options.renewalIntervalNanos());
        effects.add(new SessionEffect.Extended(lease.leaseId, lease.deadline));
    }

    private void gone(SessionEvent.Gone gone, Moment now, List<SessionEffect> effects) {
        if (held != null && sentByAttempt.containsKey(gone.attempt())) {
            effects.add(new SessionEffect.Ended(held.leaseId, TermEnd.REVOKED));
            askAnew(now);
        }
    }

    private void failed(SessionEvent.Failed failed, Moment now) {
        boolean wasLast = sentByAttempt.remove(failed.attempt()) != null && failed.attempt() == attempts;
        if (wasLast && state == State.HELD) {
            nextRequest = now.plusNanos(options.answerNanosMax() / 4);
        }
    }

    private void close(List<SessionEffect> effects) {
        if (held != null) {
            effects.add(new SessionEffect.Revoke(held.leaseId));
            effects.add(new SessionEffect.Ended(held.leaseId, TermEnd.RESIGNED));
            held = null;
        }
        sentByAttempt.clear();
        state = State.CLOSED;
    }

    /** Sends what is due, warns, and says when to come back. */
    private void act(Moment now, List<SessionEffect> effects) {
        if (state == State.IDLE || state == State.CLOSED) {
            return;
        }
        if (nextRequest.nanosSince(now) <= 0) {
            effects.add(request(now));
        }
        long idleNanos = nextRequest.nanosSince(now);
        if (held != null) {
            warnIfEndangered(held, now, effects);
            idleNanos = Math.min(idleNanos, held.deadline.remainingNanos(now));
            if (!held.warned) {
                idleNanos = Math.min(idleNanos, untilEndangeredNanos(held, now));
            }
        }
        effects.add(new SessionEffect.WakeAt(now.plusNanos(idleNanos)));
    }

    private SessionEffect request(Moment now) {
        attempts++;
        sentByAttempt.put(attempts, now);
        sentByAttempt.remove(attempts - ATTEMPTS_REMEMBERED);
        if (held != null) {
            nextRequest = now.plusNanos(options.answerNanosMax());
            return new SessionEffect.Renew(attempts, held.leaseId);
        }
        // Sent again without a lease by then, but less and less often: each may have made one.
        nextRequest = now.plusNanos(pauseNanos());
        return new SessionEffect.Grant(attempts, options.ttlMillis());
    }

    /** Doubles with each grant in vain, and is spread by a quarter to either side. */
    private long pauseNanos() {
        long firstNanos = Math.max(GRANT_PAUSE_NANOS_MIN, options.answerNanosMax());
        long nanos = Math.min(GRANT_PAUSE_NANOS_MAX, firstNanos << Math.min(grantsInVain, 6));
        grantsInVain++;
        return (long) (nanos * random.nextDouble(0.75, 1.25));
    }

    private void warnIfEndangered(Held lease, Moment now, List<SessionEffect> effects) {
        if (!lease.warned && untilEndangeredNanos(lease, now) <= 0) {
            lease.warned = true;
            effects.add(new SessionEffect.Endangered(lease.leaseId, lease.deadline.remainingNanos(now)));
        }
    }

    /** Until two thirds of the time of the last renewal are over: a renewal was due at one third. */
    private long untilEndangeredNanos(Held lease, Moment now) {
        return lease.renewed.plusNanos(2 * options.renewalIntervalNanos()).nanosSince(now);
    }
}
