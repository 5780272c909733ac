package io.mandate.election;

import io.mandate.election.internal.driver.ScheduleDriver;
import java.util.concurrent.CompletableFuture;

/**
 * Work that runs by the clock on the leader of an election; begun by {@link Election#schedule}. It ends only when it or
 * its election is closed: a failed run is logged, a failed request to the store is repeated for as long as the term
 * lives, and after the term the candidate campaigns again.
 *
 * <p>The store keeps the last slot, and each slot is claimed there by compare-and-set before its work runs. So a slot
 * is begun by one leader, and a second time only if its first run did not return and {@link MissedRuns#CATCH_UP} was
 * chosen. Slots are counted by the leader's wall clock; {@link ScheduleBuilder#clockTolerance} says how far the clocks
 * of two leaders may differ.
 *
 * <p>Between runs a schedule needs no thread. Thread-safe.
 */
public final class LeaderSchedule implements AutoCloseable {
    private final ScheduleDriver driver;

    LeaderSchedule(ScheduleDriver driver) {
        this.driver = driver;
    }

    /** The name that distinguishes it from the other schedules of its election; empty by default. */
    public String name() {
        return driver.name();
    }

    /** Its state, what it waits for, and the last failures: for health checks. */
    public ScheduleHealth health() {
        return driver.health();
    }

    /**
     * As {@link #close}, without waiting.
     *
     * @return completes when no run is under way and, if it was the last schedule of its election, the candidate has
     *     left
     */
    public CompletableFuture<Void> closeAsync() {
        return driver.closeAsync();
    }

    /**
     * Begins no other run, waits for the run that is under way, which is interrupted after the election's drain
     * timeout, and leaves the election if no other schedule of it is open. Harmless when repeated.
     *
     * @throws IllegalStateException if the work itself calls it, which would wait for itself; nothing is closed then
     */
    @Override
    public void close() {
        driver.requireOtherThread("close()");
        closeAsync().join();
    }

    @Override
    public String toString() {
        return driver.toString();
    }
}
