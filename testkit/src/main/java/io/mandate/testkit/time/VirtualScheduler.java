package io.mandate.testkit.time;

import io.mandate.election.Election;
import io.mandate.election.ElectionBuilder;
import io.mandate.election.internal.BuilderAccess;
import io.mandate.election.internal.time.Moment;
import io.mandate.election.internal.time.Scheduler;
import io.mandate.election.partition.PartitionedWorkload;
import io.mandate.election.store.LeaseStore;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A process in {@link VirtualTime}: the loop that its elections run on, and two clocks that may be wrong.
 *
 * <p>While the process is paused nothing of it runs, neither its loop nor what came by {@link #deliver}; both of its
 * clocks go on. While its machine is suspended the monotonic clock stands still as well, and with it what the process
 * waits for. Tasks never run inside one another. A failure of a task ends the run of the simulation with it. Confined
 * to the timeline's thread.
 */
public final class VirtualScheduler implements Scheduler {
    /** Tasks that may wait to be run: more are a loop that feeds itself. */
    public static final int TASKS_MAX = 100_000;

    /** Not 0, because a clock's zero means nothing, and below it so that a test soon sees the sign change. */
    private static final long MONOTONIC_START_NANOS = -5_000_000_000L;

    /** The first of January 2026. */
    private static final long WALL_START_NANOS = 1_767_225_600_000_000_000L;

    private final VirtualTime time;
    private final String name;
    private final double rate;
    private final Queue<Runnable> ready = new ArrayDeque<>();
    private long awakeAtNanos;
    private long suspendedNanos;
    private long suspendedUntilNanos;
    private long wallShiftNanos;
    private boolean stepPlanned;
    private boolean insideLoop;
    private boolean closed;
    private boolean killed;

    /** A process with right clocks. */
    public VirtualScheduler(VirtualTime time, String name) {
        this(time, name, 1.0);
    }

    /**
     * A process with clocks that drift.
     *
     * @param name for messages
     * @param rate how fast its clocks run, from 0.5 to 2: 0.99 is one percent too slow
     */
    public VirtualScheduler(VirtualTime time, String name, double rate) {
        if (!(rate >= 0.5 && rate <= 2)) {
            throw new IllegalArgumentException("a clock rate of " + rate + " is not between 0.5 and 2");
        }
        this.time = time;
        this.name = name;
        this.rate = rate;
    }

    /**
     * Begins to describe a candidate that runs on this process' loop and clocks, as do all elections on this store.
     *
     * @param seed of all random choices
     */
    public ElectionBuilder election(LeaseStore store, long seed) {
        return BuilderAccess.withClocks(Election.on(store), this, seed);
    }

    /**
     * Begins to describe a workload whose member runs on this process' loop and clocks.
     *
     * @param workload its name
     * @param seed of all random choices
     */
    public PartitionedWorkload workload(LeaseStore store, String workload, int partitions, long seed) {
        return BuilderAccess.withClocks(PartitionedWorkload.of(store, workload, partitions), this, seed);
    }

    /** The timeline that this process lives on. */
    public VirtualTime time() {
        return time;
    }

    @Override
    public Moment now() {
        return new Moment(monotonicNanos(), WALL_START_NANOS + (long) (time.nanos() * rate) + wallShiftNanos);
    }

    private long monotonicNanos() {
        long standingNanos = suspendedNanos - Math.max(0, suspendedUntilNanos - time.nanos());
        return MONOTONIC_START_NANOS + (long) ((time.nanos() - standingNanos) * rate);
    }

    @Override
    public void execute(Runnable task) {
        if (closed) {
            return;
        }
        if (ready.size() >= TASKS_MAX) {
            throw new IllegalStateException(
                    TASKS_MAX + " tasks wait in " + name + ": its loop gets more than it is let to run");
        }
        ready.add(task);
        planStep();
    }

    @Override
    public Timer schedule(long delayNanos, Runnable task) {
        return new Wait(delayNanos, task, this::execute);
    }

    /**
     * Runs something of this process that is not on its loop, such as an answer that came in or the next step of some
     * work: as soon as the process runs.
     */
    public void deliver(Runnable action) {
        deliver(0, action);
    }

    /** As {@link #deliver(Runnable)}, when so many nanoseconds have passed on the process' monotonic clock. */
    public Timer deliver(long delayNanos, Runnable action) {
        return new Wait(delayNanos, action, due -> time.after(0, () -> whenAwake(due)));
    }

    private void whenAwake(Runnable action) {
        if (killed) {
            return;
        }
        if (isStopped()) {
            time.after(awakeAtNanos - time.nanos(), () -> whenAwake(action));
        } else {
            action.run();
        }
    }

    private void planStep() {
        if (!stepPlanned) {
            stepPlanned = true;
            time.after(0, () -> whenAwake(this::step));
        }
    }

    /** One task each, so that what else happens at this moment, such as a pause, may come between two. */
    private void step() {
        stepPlanned = false;
        Runnable next = ready.poll();
        if (next == null) {
            return;
        }
        insideLoop = true;
        try {
            next.run();
        } finally {
            insideLoop = false;
            if (!ready.isEmpty()) {
                planStep();
            }
        }
    }

    /** Whether a task of the loop is being run right now: where no code of the library's users may be. */
    public boolean insideLoop() {
        return insideLoop;
    }

    /**
     * Stops the process for so long from now, as SIGSTOP or a long garbage collection does. A task that runs is
     * finished first.
     */
    public void pause(long nanos) {
        awakeAtNanos = Math.max(awakeAtNanos, time.nanos() + nanos);
    }

    /** Suspends the machine for so long from now: the process is stopped, and its monotonic clock stands still. */
    public void suspend(long nanos) {
        long untilNanos = time.nanos() + nanos;
        if (untilNanos > suspendedUntilNanos) {
            suspendedNanos += untilNanos - Math.max(time.nanos(), suspendedUntilNanos);
            suspendedUntilNanos = untilNanos;
        }
        pause(nanos);
    }

    /** Whether the process is paused, suspended or killed. */
    public boolean isStopped() {
        return killed || time.nanos() < awakeAtNanos;
    }

    /** An operator or a time service sets the clock that tells the date. */
    public void setWallForward(long nanos) {
        wallShiftNanos += nanos;
    }

    /** As {@link #setWallForward}, to earlier. */
    public void setWallBack(long nanos) {
        wallShiftNanos -= nanos;
    }

    /** Ends the process as SIGKILL does: nothing of it ever runs again. */
    public void kill() {
        close();
        killed = true;
    }

    @Override
    public void close() {
        closed = true;
        ready.clear();
    }

    @Override
    public String toString() {
        return name;
    }

    /** Waits on the process' own clock, which may be slow, or stand still for a while. */
    private final class Wait implements Timer {
        private final long dueNanos;
        private final Consumer<Runnable> whenDue;
        private @Nullable Runnable task;
        private @Nullable Timer event;

        Wait(long delayNanos, Runnable task, Consumer<Runnable> whenDue) {
            this.dueNanos = monotonicNanos() + Math.max(0, delayNanos);
            this.task = task;
            this.whenDue = whenDue;
            look();
        }

        private void look() {
            long remainingNanos = dueNanos - monotonicNanos();
            if (remainingNanos <= 0) {
                whenDue.accept(this::run);
                return;
            }
            long standsNanos = Math.max(0, suspendedUntilNanos - time.nanos());
            event = time.after(standsNanos + (long) Math.ceil(remainingNanos / rate), this::look);
        }

        private void run() {
            Runnable mine = task;
            if (mine != null) {
                task = null;
                mine.run();
            }
        }

        @Override
        public void cancel() {
            task = null;
            if (event != null) {
                event.cancel();
            }
        }
    }
}
