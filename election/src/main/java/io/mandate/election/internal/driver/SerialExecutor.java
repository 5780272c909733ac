package io.mandate.election.internal.driver;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs callbacks in order, one at a time, on threads of another executor, and under no lock. Thread-safe. */
final class SerialExecutor implements Executor {
    private static final Logger LOG = LoggerFactory.getLogger(SerialExecutor.class);

    /** Who listens so slowly that more wait has stopped listening. */
    private static final int WAITING_MAX = 10_000;

    private final Executor threads;
    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private boolean running;

    SerialExecutor(Executor threads) {
        this.threads = threads;
    }

    @Override
    public void execute(Runnable callback) {
        synchronized (waiting) {
            if (waiting.size() >= WAITING_MAX) {
                LOG.error("callbacks-dropped waiting={} remedy=\"a listener does not return\"", waiting.size());
                return;
            }
            waiting.add(callback);
            if (running) {
                return;
            }
            running = true;
        }
        threads.execute(this::drain);
    }

    private void drain() {
        Runnable next;
        while ((next = next()) != null) {
            try {
                next.run();
            } catch (RuntimeException | Error failure) {
                LOG.error("callback-failed", failure);
            }
        }
    }

    private @Nullable Runnable next() {
        synchronized (waiting) {
            Runnable next = waiting.poll();
            running = next != null;
            return next;
        }
    }
}
