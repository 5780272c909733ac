package io.mandate.election.internal.driver;

import io.mandate.election.ScheduledWork;
import io.mandate.election.internal.work.WorkThreads;
import java.time.Instant;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One run of scheduled work, on a worker's thread. Thread-safe. */
final class ScheduledRun implements Runnable {
    private final WorkThreads threads;
    private final HeldTerm term;
    private final Instant slot;
    private final ScheduledWork work;
    private final Consumer<@Nullable Throwable> returned;
    private @Nullable Thread thread;
    private boolean interrupted;

    /** @param returned called on the worker's thread, with what the work threw */
    ScheduledRun(
            WorkThreads threads,
            HeldTerm term,
            Instant slot,
            ScheduledWork work,
            Consumer<@Nullable Throwable> returned) {
        this.threads = threads;
        this.term = term;
        this.slot = slot;
        this.work = work;
        this.returned = returned;
    }

    @Override
    public void run() {
        synchronized (this) {
            thread = Thread.currentThread();
            if (interrupted) {
                thread.interrupt();
            }
        }
        Throwable thrown = null;
        threads.entered();
        try {
            // The thread may have come late: without a term nothing may begin.
            if (!term.isOver()) {
                work.run(term.term(), slot);
            }
        } catch (Throwable failed) {
            thrown = failed;
        } finally {
            threads.left();
        }
        synchronized (this) {
            thread = null;
            // The thread is the executor's again, and the interruption was not meant for what it does next.
            Thread.interrupted();
        }
        returned.accept(thrown);
    }

    /** Only while the work runs, or when it begins. */
    synchronized void interrupt() {
        interrupted = true;
        if (thread != null) {
            thread.interrupt();
        }
    }
}
