package io.mandate.server.loop;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;

/**
 * One thread for workers that work in turns: each takes one when it was woken, or when the time has come that it named.
 * The others wait meanwhile, so a turn is short. Thread-safe.
 */
public final class SharedEventLoop implements AutoCloseable {
    /**
     * With a turn that is due, those due within this time are taken too: a turn that comes early does no harm, and the
     * timers of many workers wake the thread once.
     */
    static final long TOGETHER_NANOS = 20_000_000;

    /** The longest sleep; what names none or a later time is looked at then, for nothing. */
    private static final long SLEEP_NANOS_MAX = 60_000_000_000L;

    /** All is called on the loop's thread. */
    public interface Worker {
        void turn();

        /**
         * How long nothing needs doing after a turn, unless {@link Seat#wake} is called; {@link Long#MAX_VALUE} for
         * ever.
         */
        long idleNanos();

        /** A turn threw: the worker has no more. */
        void failed(Throwable bug);

        /** The worker has had its last turn, because it left or failed, or the loop ends. */
        default void ended() {}
    }

    /** A worker's place in the loop. Thread-safe. */
    public final class Seat {
        private final Worker worker;
        private volatile boolean woken = true;
        private volatile boolean left;

        /** The thread's own. */
        private long dueNanos = System.nanoTime();

        private Seat(Worker worker) {
            this.worker = worker;
        }

        /** Gives the worker a turn that begins after this call. */
        public void wake() {
            woken = true;
            if (parked) {
                LockSupport.unpark(thread);
            }
        }

        /** Ends the worker, after the turn under way. */
        public void leave() {
            left = true;
            wake();
        }

        private void turn() {
            woken = false;
            if (left) {
                end();
                return;
            }
            try {
                worker.turn();
                dueNanos = System.nanoTime() + Math.min(SLEEP_NANOS_MAX, worker.idleNanos());
            } catch (RuntimeException | Error bug) {
                worker.failed(bug);
                end();
            }
        }

        private void end() {
            seats.remove(this);
            worker.ended();
        }
    }

    private final Thread thread;
    private final List<Seat> seats = new CopyOnWriteArrayList<>();
    private volatile boolean parked;
    private volatile boolean stopped;

    private SharedEventLoop(String name) {
        this.thread = new Thread(this::run, name);
        thread.setDaemon(true);
    }

    /** Starts a loop on a thread of that name. */
    public static SharedEventLoop start(String name) {
        SharedEventLoop loop = new SharedEventLoop(name);
        loop.thread.start();
        return loop;
    }

    /** Takes a worker in; its first turn comes at once. After {@link #close} it has none. */
    public Seat seat(Worker worker) {
        Seat seat = new Seat(worker);
        seats.add(seat);
        seat.wake();
        return seat;
    }

    private void run() {
        while (!stopped) {
            long nowNanos = System.nanoTime();
            long together = earliestNanos(nowNanos) <= 0 ? TOGETHER_NANOS : 0;
            for (Seat seat : seats) {
                if (seat.woken || (together > 0 && seat.dueNanos - nowNanos <= together)) {
                    seat.turn();
                }
            }
            sleep();
        }
        seats.forEach(Seat::end);
    }

    /** Until the earliest turn that is due, negative if it is late. */
    private long earliestNanos(long nowNanos) {
        long earliest = SLEEP_NANOS_MAX;
        for (Seat seat : seats) {
            earliest = Math.min(earliest, seat.dueNanos - nowNanos);
        }
        return earliest;
    }

    private void sleep() {
        parked = true;
        long nanos = earliestNanos(System.nanoTime());
        if (nanos > 0 && !stopped && seats.stream().noneMatch(seat -> seat.woken)) {
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
