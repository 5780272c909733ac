package io.mandate.server.raft.transport;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/** Runs tasks one at a time, in the order of their arrival, on the threads of another executor. Thread-safe. */
final class SerialExecutor implements Executor {
    private final Executor threads;
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waiting = new AtomicInteger();

    SerialExecutor(Executor threads) {
        this.threads = threads;
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
        if (waiting.getAndIncrement() == 0) {
            threads.execute(this::runAll);
        }
    }

    /** Runs the queued tasks and those that arrive meanwhile, which avoids switching threads. */
    private void runAll() {
        int ran;
        do {
            ran = 0;
            for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                ran++;
                run(task);
            }
        } while (waiting.addAndGet(-ran) > 0);
    }

    /** A task that throws must not affect later ones; the thread's exception handler is notified. */
    private static void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error bug) {
            Thread current = Thread.currentThread();
            current.getUncaughtExceptionHandler().uncaughtException(current, bug);
        }
    }
}
