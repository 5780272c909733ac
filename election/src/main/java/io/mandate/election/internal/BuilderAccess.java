package io.mandate.election.internal;

import io.mandate.election.internal.time.Scheduler;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Sets the clocks of a builder, for the test kit: builders do not offer that to users, but register a package-private
 * method here when they are initialised. Thread-safe.
 */
public final class BuilderAccess {
    private static final Map<Class<?>, ClockSetter<?>> SETTERS = new ConcurrentHashMap<>();

    private BuilderAccess() {}

    /** Sets the clocks of one kind of builder. */
    @FunctionalInterface
    public interface ClockSetter<B> {
        /** Returns the same builder. */
        B set(B builder, Scheduler scheduler, long seed);
    }

    /** Called once by the initialiser of each kind of builder. */
    public static <B> void register(Class<B> kind, ClockSetter<B> setter) {
        SETTERS.put(kind, setter);
    }

    /**
     * Has a builder use this loop and these clocks instead of the machine's, for all elections on its store.
     *
     * @param seed of all random choices
     */
    @SuppressWarnings("unchecked") // Registered with its class.
    public static <B> B withClocks(B builder, Scheduler scheduler, long seed) {
        ClockSetter<B> setter = (ClockSetter<B>) SETTERS.get(builder.getClass());
        if (setter == null) {
            throw new IllegalArgumentException(builder.getClass() + " takes no clocks");
        }
        return setter.set(builder, scheduler, seed);
    }
}
