package io.mandate.server.loop;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;

/**
 * One thread that runs several workers, one after another: each when it was woken, or when its idle time has passed. A
 * run delays all other workers, so it must be short and must not block. Thread-safe.
 */
public final class SharedEventLoop implements AutoCloseable {
    /**
     * Timer coalescing: when a worker is due, those due within this time run too. An early run is harmless, and the
     * timers of many workers wake the thread once.
     */
    static final long COALESCE_NANOS = 20_000_000;

    /** The longest sleep; a worker that is idle for longer runs at least this often. */
    private static final long SLEEP_NANOS_MAX = 60_000_000_000L;

    /** All methods are called on the loop's thread. */
    public interface Worker {
        void run();

        /**
         * How long the worker has nothing to do after a run, unless {@link Registration#wake} is called;
         * {@link Long#MAX_VALUE} for no limit.
         */
        long idleNanos();

        /** A run threw {@code bug}: the worker does not run again. */
        void failed(Throwable bug);

        /** The worker does not run again: it was deregistered, it failed, or the loop was closed. */
        default void ended() {}
    }

    /** A worker's registration with the loop. Thread-safe. */
    public final class Registration {
        private final Worker worker;
        private volatile boolean woken = true;
        private volatile boolean deregistered;

        /** Accessed by the loop's thread only. */
        private long dueNanos = System.nanoTime();

        private Registration(Worker worker) {
            this.worker = worker;
        }

        /** Schedules a run that begins after this call. */
        public void wake() {
            woken = true;
            if (parked) {
                LockSupport.unpark(thread);
            }
        }

        /** Ends the worker after the run in progress, if any. */
        public void deregister() {
            deregistered = true;
            wake();
        }

        private void run() {
            woken = false;
            if (deregistered) {
                end();
                return;
            }
            try {
                worker.run();
                dueNanos = System.nanoTime() + Math.min(SLEEP_NANOS_MAX, worker.idleNanos());
            } catch (RuntimeException | Error bug) {
                worker.failed(bug);
                end();
            }
        }

        private void end() {
            registrations.remove(this);
            worker.ended();
        }
    }

    private final Thread thread;
    private final List<Registration> registrations = new CopyOnWriteArrayList<>();
    private volatile boolean parked;
    private volatile boolean stopped;

    private SharedEventLoop(String name) {
        this.thread = new Thread(this::run, name);
        thread.setDaemon(true);
    }

    /** Starts a loop on a new daemon thread with the given name. */
    public static SharedEventLoop start(String name) {
        SharedEventLoop loop = new SharedEventLoop(name);
        loop.thread.start();
        return loop;
    }

    /** Registers a worker; its first run follows at once, or never if the loop is closed. */
    public Registration register(Worker worker) {
        Registration registration = new Registration(worker);
        registrations.add(registration);
        registration.wake();
        return registration;
    }

    private void run() {
        while (!stopped) {
            long nowNanos = System.nanoTime();
            long coalesceNanos = untilNextDueNanos(nowNanos) <= 0 ? COALESCE_NANOS : 0;
            for (Registration registration : registrations) {
                if (registration.woken || (coalesceNanos > 0 && registration.dueNanos - nowNanos <= coalesceNanos)) {
                    registration.run();
                }
            }
            sleep();
        }
        registrations.forEach(Registration::end);
    }

    /** The time until the next worker is due; negative if one is overdue. */
    private long untilNextDueNanos(long nowNanos) {
        long earliest = SLEEP_NANOS_MAX;
        for (Registration registration : registrations) {
            earliest = Math.min(earliest, registration.dueNanos - nowNanos);
        }
        return earliest;
    }

    private void sleep() {
        parked = true;
        long nanos = untilNextDueNanos(System.nanoTime());
        if (nanos > 0 && !stopped && registrations.stream().noneMatch(registration -> registration.woken)) {
            LockSupport.parkNanos(this, nanos);
        }
        parked = false;
    }

    /** Ends all workers and the thread. */
    @Override
    public void close() {
        stopped = true;
        LockSupport.unpark(thread);
    }
}
