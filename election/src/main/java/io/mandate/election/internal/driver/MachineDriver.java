package io.mandate.election.internal.driver;

import io.mandate.election.internal.time.Moment;
import io.mandate.election.internal.time.Scheduler;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Drives a state machine on a loop: sends it events with the time, executes its effects in order, and wakes it when it
 * has asked for that. Confined to the loop.
 *
 * @param <E> the events
 * @param <F> the effects
 */
public final class MachineDriver<E, F> {
    private final Scheduler loop;
    private final Supplier<Moment> clock;
    private final BiFunction<E, Moment, List<F>> machine;
    private final Consumer<F> execute;
    private Scheduler.@Nullable Timer wake;

    /**
     * A driver that has not sent an event yet.
     *
     * @param clock read before each event
     * @param execute executes one effect
     */
    public MachineDriver(
            Scheduler loop, Supplier<Moment> clock, BiFunction<E, Moment, List<F>> machine, Consumer<F> execute) {
        this.loop = loop;
        this.clock = clock;
        this.machine = machine;
        this.execute = execute;
    }

    /**
     * Sends an event and executes its effects.
     *
     * @return when the event was sent
     */
    public Moment on(E event) {
        Moment now = clock.get();
        machine.apply(event, now).forEach(execute);
        return now;
    }

    /**
     * Plans a wake-up, instead of the one planned before.
     *
     * @param tick sends the event that time has passed
     */
    public void wakeAt(Moment when, Runnable tick) {
        stop();
        wake = loop.schedule(when.nanosSince(loop.now()), tick);
    }

    /** Cancels the planned wake-up. */
    public void stop() {
        if (wake != null) {
            wake.cancel();
        }
    }
}
