package io.mandate.server.raft.transport;

import com.alipay.sofa.jraft.core.Scheduler;
import com.alipay.sofa.jraft.util.SPI;
import com.alipay.sofa.jraft.util.timer.DefaultRaftTimerFactory;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * The engine's timers, aligned so that the heartbeats of all groups coincide: they then share thread wake-ups and
 * socket writes, which are most of the cost of a heartbeat. Public only for the engine's service loader.
 */
@SPI(priority = 100)
public final class EngineTimers extends DefaultRaftTimerFactory {
    /**
     * Delays longer than this end at a multiple of it, so up to as much early, never late. A heartbeat interval of 100
     * ms stays 100 ms.
     */
    static final long GRID_NANOS = 50_000_000;

    @Override
    public Scheduler getRaftScheduler(boolean shared, int workerCount, String name) {
        return new AlignedScheduler(super.getRaftScheduler(shared, workerCount, name));
    }

    /** Aligns the end of a delay to the grid, if the delay is longer than the grid's interval. */
    static long alignedNanos(long nowNanos, long delayNanos) {
        return delayNanos < GRID_NANOS ? delayNanos : delayNanos - Math.floorMod(nowNanos + delayNanos, GRID_NANOS);
    }

    private record AlignedScheduler(Scheduler timers) implements Scheduler {
        @Override
        public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
            return timers.schedule(command, alignedNanos(System.nanoTime(), unit.toNanos(delay)), TimeUnit.NANOSECONDS);
        }

        @Override
        public ScheduledFuture<?> scheduleAtFixedRate(Runnable command, long initialDelay, long period, TimeUnit unit) {
            return timers.scheduleAtFixedRate(command, initialDelay, period, unit);
        }

        @Override
        public ScheduledFuture<?> scheduleWithFixedDelay(
                Runnable command, long initialDelay, long delay, TimeUnit unit) {
            return timers.scheduleWithFixedDelay(command, initialDelay, delay, unit);
        }

        @Override
        public void shutdown() {
            timers.shutdown();
        }
    }
}
