package io.mandate.election.internal.time;

/**
 * A loop with clocks: what runs on it runs one task at a time, so that what is decided there needs no locks.
 *
 * <p>Nothing that runs here may wait, and no code of the library's users runs here. {@link SystemScheduler} is the real
 * one; tests bring one whose time they own. Thread-safe.
 */
public interface Scheduler extends AutoCloseable {
    /** Both clocks, now. From any thread. */
    Moment now();

    /** Runs a task soon, after those handed in before it. After {@link #close} it is dropped. */
    void execute(Runnable task);

    /** Runs a task when so many nanoseconds have passed; 0 or less is soon. */
    Timer schedule(long delayNanos, Runnable task);

    /** Drops what has not run. */
    @Override
    void close();

    /** A task that is to run later. */
    interface Timer {
        /** Takes the task back unless it has begun. */
        void cancel();
    }
}
