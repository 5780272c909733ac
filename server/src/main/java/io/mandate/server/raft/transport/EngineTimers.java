package io.mandate.server.raft.transport;

import com.alipay.sofa.jraft.core.Scheduler;
import com.alipay.sofa.jraft.util.SPI;
import com.alipay.sofa.jraft.util.timer.DefaultRaftTimerFactory;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * The engine's timers, with the heartbeats of all groups at the same moments: they share wake-ups of threads and writes
 * to sockets then, which is most of what a heartbeat costs. Public only because the engine's service loader asks for
 * it.
 */
@SPI(priority = 100)
public final class EngineTimers extends DefaultRaftTimerFactory {
    /**
     * Longer delays end at a multiple of this, so up to as much early, never late. A heartbeat's of 100 ms stays one of
     * 100 ms.
     */
    static final long GRID_NANOS = 50_000_000;

    @Override
    public Scheduler getRaftScheduler(boolean shared, int workerCount, String name) {
        return new Aligned(super.getRaftScheduler(shared, workerCount, name));
    }

    /** A delay that ends on the grid, if it is longer than the grid is wide. */
    static long alignedNanos(long nowNanos, long delayNanos) {
        return delayNanos < GRID_NANOS ? delayNanos : delayNanos - Math.floorMod(nowNanos + delayNanos, GRID_NANOS);
    }

    private record Aligned(Scheduler timers) implements Scheduler {
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
