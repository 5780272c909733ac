package io.mandate.testkit.time;

import io.mandate.election.internal.time.Scheduler;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/**
 * The threads of a virtual process on which work and callbacks of its users run: stopped with it, and not on its loop.
 * Each task runs at one moment; work that takes time is a chain of steps, see {@link #after}. Confined to the
 * timeline's thread.
 */
public final class VirtualExecutor implements Executor {
    private final VirtualScheduler process;
    private final long delayNanosMax;
    private final RandomGenerator random;

    /** Threads that begin what they are given at once. */
    public VirtualExecutor(VirtualScheduler process) {
        this(process, 0, new SplittableRandom(0));
    }

    /**
     * Threads that begin what they are given after a while, and so in any order.
     *
     * @param delayNanosMax the longest while
     */
    public VirtualExecutor(VirtualScheduler process, long delayNanosMax, RandomGenerator random) {
        this.process = process;
        this.delayNanosMax = delayNanosMax;
        this.random = random;
    }

    @Override
    public void execute(Runnable task) {
        process.deliver(delayNanosMax == 0 ? 0 : random.nextLong(delayNanosMax + 1), task);
    }

    /** The next step of some work, when so many nanoseconds have passed on the process' monotonic clock. */
    public Scheduler.Timer after(long delayNanos, Runnable step) {
        return process.deliver(delayNanos, step);
    }
}
