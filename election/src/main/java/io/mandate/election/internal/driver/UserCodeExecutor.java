package io.mandate.election.internal.driver;

import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs users' code, and never on the loop that submits it: a task that the chosen executor rejects, or would run on the
 * submitting thread, runs on a thread of the library instead. A leader whose executor is full must still learn that it
 * does not lead. Thread-safe.
 */
public final class UserCodeExecutor implements Executor {
    private static final Logger LOG = LoggerFactory.getLogger(UserCodeExecutor.class);
    private static final AtomicLong THREADS = new AtomicLong();

    /** As many threads as there is work, and none when there is not. */
    private static final Executor SHARED = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "mandate-work-" + THREADS.incrementAndGet());
        thread.setDaemon(true);
        return thread;
    });

    private final Executor chosen;

    public UserCodeExecutor(Executor chosen) {
        this.chosen = chosen;
    }

    /** The threads of this process for users' code: as many as there is work. */
    public static Executor shared() {
        return SHARED;
    }

    @Override
    public void execute(Runnable task) {
        Handed handed = new Handed(task);
        try {
            chosen.execute(handed);
        } catch (RejectedExecutionException refused) {
            LOG.warn(
                    "executor-refused cause=\"{}\" remedy=\"give it a thread for each term at work\"",
                    refused.getMessage());
            SHARED.execute(task);
        } finally {
            handed.by = null;
        }
    }

    /** Knows, while it is being handed over, which thread does so. */
    private static final class Handed implements Runnable {
        private final Runnable task;
        private volatile @Nullable Thread by = Thread.currentThread();

        Handed(Runnable task) {
            this.task = task;
        }

        @Override
        public void run() {
            if (Thread.currentThread() == by) {
                SHARED.execute(task);
            } else {
                task.run();
            }
        }
    }
}
