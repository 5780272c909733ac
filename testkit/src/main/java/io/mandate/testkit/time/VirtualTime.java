package io.mandate.testkit.time;

import io.mandate.election.internal.time.Scheduler;
import java.time.Duration;
import java.util.PriorityQueue;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A timeline on which everything of a simulation happens, in one thread and always in the same order: by time, and at
 * one time in the order in which it was planned. Begins at 0 and passes only in the {@code run…} methods. Confined to
 * one thread.
 *
 * <p>The time told here is the truth, which no process of the simulation knows: what they know is told by
 * {@link VirtualScheduler#now}.
 */
public final class VirtualTime {
    /** Events that may be planned at a time: more are a simulation that plans faster than it runs. */
    public static final int EVENTS_MAX = 1_000_000;

    /** Events that may happen without any time passing: more are two parties that answer each other for ever. */
    public static final int EVENTS_AT_ONCE_MAX = 100_000;

    private static final class Event implements Comparable<Event>, Scheduler.Timer {
        final long timeNanos;
        final long number;

        @Nullable
        Runnable action;

        Event(long timeNanos, long number, Runnable action) {
            this.timeNanos = timeNanos;
            this.number = number;
            this.action = action;
        }

        @Override
        public void cancel() {
            action = null;
        }

        @Override
        public int compareTo(Event other) {
            return timeNanos == other.timeNanos
                    ? Long.compare(number, other.number)
                    : Long.compare(timeNanos, other.timeNanos);
        }
    }

    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private long nowNanos;
    private long numbers;
    private int atOnce;
    private boolean running;

    /** Nanoseconds since the beginning. */
    public long nanos() {
        return nowNanos;
    }

    /**
     * Plans an event.
     *
     * @param delayNanos 0 or less for this moment, after what is planned for it already
     * @return takes the event back unless it has happened
     * @throws IllegalStateException if {@value #EVENTS_MAX} are planned
     */
    public Scheduler.Timer after(long delayNanos, Runnable action) {
        if (events.size() >= EVENTS_MAX) {
            throw new IllegalStateException(EVENTS_MAX + " events are planned at " + nowNanos / 1_000_000
                    + " ms: the simulation plans faster than it runs");
        }
        Event event = new Event(Math.addExact(nowNanos, Math.max(0, delayNanos)), numbers++, action);
        events.add(event);
        return event;
    }

    /**
     * Lets everything happen that is planned until then, that moment included, and makes it then. Earlier than now:
     * does nothing.
     */
    public void runUntil(long timeNanos) {
        run(timeNanos, () -> false);
        nowNanos = Math.max(nowNanos, timeNanos);
    }

    /** Lets so much time pass. */
    public void runFor(Duration duration) {
        runUntil(Math.addExact(nowNanos, duration.toNanos()));
    }

    /**
     * Lets time pass until something is so; looked at after each event.
     *
     * @return false if it still is not when so much time has passed
     */
    public boolean runUntil(BooleanSupplier condition, Duration bound) {
        if (condition.getAsBoolean()) {
            return true;
        }
        long lastNanos = Math.addExact(nowNanos, bound.toNanos());
        if (run(lastNanos, condition)) {
            return true;
        }
        nowNanos = lastNanos;
        return false;
    }

    /**
     * Lets time pass until nothing is planned any more. A lease that is renewed, or a store that is watched, plans for
     * ever.
     *
     * @return false if something is still planned when so much time has passed
     */
    public boolean runUntilIdle(Duration bound) {
        long lastNanos = Math.addExact(nowNanos, bound.toNanos());
        run(lastNanos, () -> false);
        if (next() == null) {
            return true;
        }
        nowNanos = lastNanos;
        return false;
    }

    private boolean run(long lastNanos, BooleanSupplier condition) {
        if (running) {
            throw new IllegalStateException("time is passing already: an event may plan others, but not run them");
        }
        running = true;
        try {
            for (Event next = next(); next != null && next.timeNanos <= lastNanos; next = next()) {
                events.remove();
                happen(next);
                if (condition.getAsBoolean()) {
                    return true;
                }
            }
            return false;
        } finally {
            running = false;
        }
    }

    private @Nullable Event next() {
        while (true) {
            Event next = events.peek();
            if (next == null || next.action != null) {
                return next;
            }
            events.remove();
        }
    }

    private void happen(Event event) {
        atOnce = event.timeNanos == nowNanos ? atOnce + 1 : 0;
        if (atOnce > EVENTS_AT_ONCE_MAX) {
            throw new IllegalStateException(EVENTS_AT_ONCE_MAX + " events happened at " + nowNanos / 1_000_000
                    + " ms without any time passing: something answers itself for ever");
        }
        nowNanos = event.timeNanos;
        Runnable action = event.action;
        if (action != null) {
            event.action = null;
            action.run();
        }
    }
}
