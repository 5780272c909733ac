package io.mandate.election.internal.time;

import java.time.Instant;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** One daemon thread, and the clocks of this machine. */
public final class SystemScheduler implements Scheduler {
    private static final long NANOS_PER_SECOND = 1_000_000_000;

    private final ScheduledThreadPoolExecutor loop;

    /** @param name of the thread, for thread dumps */
    public SystemScheduler(String name) {
        loop = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        });
        loop.setRemoveOnCancelPolicy(true);
        loop.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    @Override
    public Moment now() {
        long monotonicNanos = System.nanoTime();
        Instant wall = Instant.now();
        return new Moment(monotonicNanos, wall.getEpochSecond() * NANOS_PER_SECOND + wall.getNano());
    }

    @Override
    public void execute(Runnable task) {
        schedule(0, task);
    }

    @Override
    public Timer schedule(long delayNanos, Runnable task) {
        try {
            Future<?> future = loop.schedule(() -> run(task), delayNanos, TimeUnit.NANOSECONDS);
            return () -> future.cancel(false);
        } catch (RejectedExecutionException closed) {
            return () -> {};
        }
    }

    /** A defect must be seen, not kept in a future that nobody reads. */
    private static void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error defect) {
            Thread thread = Thread.currentThread();
            thread.getUncaughtExceptionHandler().uncaughtException(thread, defect);
        }
    }

    @Override
    public void close() {
        loop.shutdownNow();
    }
}
