package io.mandate.election.internal.session;

import io.mandate.election.TermEnd;
import io.mandate.election.internal.time.Moment;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * One session and one store in simulated time, with everything that may go wrong between them: answers that are slow,
 * lost, or come out of order; a store that is away or loses the lease; a holder that is paused, or suspended with its
 * monotonic clock, whose clocks run too slow or too fast within the drift bound, and whose wall clock is set forward.
 *
 * <p>The promise: whenever the holder may look at its deadline and find time left, the store still has the lease.
 */
final class SessionSimulation {
    /** How the holder gets from an answer to a deadline. */
    enum Counting {
        /** As {@link Session} says. */
        FROM_THE_REQUEST,
        /**
         * The classic mistake: a holder that adds the time to live to when the answer came, and ends by that deadline
         * only.
         */
        FROM_THE_ANSWER
    }

    private static final long MILLI = 1_000_000;
    private static final long TTL_MILLIS = 1_000;
    private static final double DRIFT_BOUND = 0.05;
    private static final long LENGTH_NANOS = 60_000 * MILLI;

    private record Event(long timeNanos, long number, Runnable action) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            return timeNanos == other.timeNanos
                    ? Long.compare(number, other.number)
                    : Long.compare(timeNanos, other.timeNanos);
        }
    }

    private final SplittableRandom random;
    private final Counting counting;
    private final double rate;
    private final Session session;
    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final Map<Long, Long> expiryByLease = new HashMap<>();
    private long timeNanos;
    private long numbers;
    private long leases;
    private long storeAwayUntilNanos;
    private long holderAwayUntilNanos;
    private long suspendedNanos;
    private long wallSetForwardNanos;
    private long wakeUps;
    private long heldLease;
    private @Nullable Deadline deadline;

    int looksWhileHeld;
    int ends;

    @Nullable
    String broken;

    SessionSimulation(long seed, Counting counting) {
        this.random = new SplittableRandom(seed);
        this.counting = counting;
        this.rate = random.nextDouble(1 - DRIFT_BOUND, 1 + DRIFT_BOUND);
        this.session = new Session(new SessionOptions(TTL_MILLIS, DRIFT_BOUND), random.split());
    }

    void run() {
        at(0, () -> send(new SessionEvent.Open()));
        at(millis(50), this::mischief);
        at(millis(10), this::look);
        while (broken == null && !events.isEmpty() && events.peek().timeNanos < LENGTH_NANOS) {
            Event next = events.remove();
            timeNanos = next.timeNanos;
            next.action.run();
        }
    }

    private long millis(long most) {
        return random.nextLong(most * MILLI + 1);
    }

    private void at(long delayNanos, Runnable action) {
        events.add(new Event(timeNanos + delayNanos, numbers++, action));
    }

    /** For the holder: when it is awake. */
    private void whenAwake(Runnable action) {
        if (timeNanos < holderAwayUntilNanos) {
            at(holderAwayUntilNanos - timeNanos, () -> whenAwake(action));
        } else {
            action.run();
        }
    }

    private Moment now() {
        long ran = (long) ((timeNanos - suspendedNanos) * rate);
        long passed = (long) (timeNanos * rate);
        return new Moment(ran, passed + wallSetForwardNanos);
    }

    private void mischief() {
        switch (random.nextInt(8)) {
            case 0 -> storeAwayUntilNanos = timeNanos + millis(3_000);
            case 1 -> holderAwayUntilNanos = Math.max(holderAwayUntilNanos, timeNanos + millis(3_000));
            case 2 -> suspend(millis(3_000));
            case 3 -> wallSetForwardNanos += millis(500);
            case 4 -> {
                if (random.nextInt(10) == 0) {
                    expiryByLease.clear();
                    // What was revoked is over for the holder too, but only the next answer shows it; nobody promised
                    // otherwise.
                    heldLease = 0;
                }
            }
            default -> {
                // peace
            }
        }
        at(millis(2_000), this::mischief);
    }

    private void suspend(long nanos) {
        if (timeNanos >= holderAwayUntilNanos) {
            holderAwayUntilNanos = timeNanos + nanos;
            suspendedNanos += nanos;
        }
    }

    /** The holder, or the work that it leads, looks at the deadline at any time it runs. */
    private void look() {
        whenAwake(() -> {
            check();
            at(millis(20), this::look);
        });
    }

    private void check() {
        if (heldLease == 0 || deadline == null || deadline.hasPassed(now())) {
            return;
        }
        looksWhileHeld++;
        Long expiry = expiryByLease.get(heldLease);
        if (expiry == null || expiry <= timeNanos) {
            broken = "at " + timeNanos / MILLI + " ms the holder sees " + deadline.remainingNanos(now()) / MILLI
                    + " ms left of lease " + heldLease + ", which the store ended at "
                    + (expiry == null ? "once" : expiry / MILLI + " ms");
        }
    }

    private void send(SessionEvent event) {
        whenAwake(() -> {
            Moment now = now();
            for (SessionEffect effect : session.on(event, now)) {
                carryOut(effect, now);
            }
            check();
        });
    }

    private void carryOut(SessionEffect effect, Moment now) {
        if (effect instanceof SessionEffect.Grant grant) {
            // The holder may be stopped between deciding and sending.
            send(() -> grantAtStore(grant.attempt()));
        } else if (effect instanceof SessionEffect.Renew renew) {
            send(() -> renewAtStore(renew.attempt(), renew.leaseId()));
        } else if (effect instanceof SessionEffect.Revoke revoke && counting == Counting.FROM_THE_REQUEST) {
            send(() -> expiryByLease.remove(revoke.leaseId()));
        } else if (effect instanceof SessionEffect.Began began) {
            heldLease = expiryByLease.containsKey(began.leaseId()) ? began.leaseId() : 0;
            deadline = counted(began.deadline(), now);
        } else if (effect instanceof SessionEffect.Extended extended) {
            deadline = counted(extended.deadline(), now);
        } else if (effect instanceof SessionEffect.Ended ended) {
            ends++;
            if (counting == Counting.FROM_THE_REQUEST || ended.why() == TermEnd.REVOKED) {
                heldLease = 0;
                deadline = null;
            }
        } else if (effect instanceof SessionEffect.WakeAt wakeAt) {
            long number = ++wakeUps;
            long delayNanos = Math.max(0, (long) (wakeAt.when().nanosSince(now) / rate)) + millis(5);
            at(delayNanos, () -> {
                if (number == wakeUps) {
                    send(new SessionEvent.Tick());
                }
            });
        }
    }

    private Deadline counted(Deadline right, Moment now) {
        return counting == Counting.FROM_THE_REQUEST ? right : Deadline.of(now, TTL_MILLIS, DRIFT_BOUND);
    }

    private void send(Runnable atStore) {
        long delayNanos = millis(random.nextInt(10) == 0 ? 800 : 10);
        at(delayNanos, () -> {
            boolean lost = random.nextInt(20) == 0;
            if (timeNanos >= storeAwayUntilNanos && !lost) {
                atStore.run();
            }
        });
    }

    private void answer(long attempt, SessionEvent event) {
        int fate = random.nextInt(20);
        if (fate == 0) {
            at(millis(100), () -> send(new SessionEvent.Failed(attempt)));
        } else if (fate > 1) {
            at(millis(random.nextInt(10) == 0 ? 800 : 10), () -> send(event));
        }
    }

    private void grantAtStore(long attempt) {
        long lease = ++leases;
        expiryByLease.put(lease, timeNanos + TTL_MILLIS * MILLI);
        answer(attempt, new SessionEvent.Granted(attempt, lease, TTL_MILLIS));
    }

    private void renewAtStore(long attempt, long lease) {
        Long expiry = expiryByLease.get(lease);
        if (expiry == null || expiry <= timeNanos) {
            expiryByLease.remove(lease);
            answer(attempt, new SessionEvent.NotFound(attempt));
        } else {
            expiryByLease.put(lease, timeNanos + TTL_MILLIS * MILLI);
            answer(attempt, new SessionEvent.Renewed(attempt, TTL_MILLIS));
        }
    }
}
