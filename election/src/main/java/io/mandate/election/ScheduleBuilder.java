package io.mandate.election;

import io.mandate.election.internal.driver.ScheduleSettings;
import io.mandate.election.internal.driver.Schedules;
import java.time.Duration;
import java.util.Objects;

/**
 * Describes work that runs by the clock while a candidate leads. Not thread-safe. {@link #start} checks every setting;
 * its refusal names the setting, its bounds and what to do.
 */
public final class ScheduleBuilder {
    private static final Duration CLOCK_TOLERANCE_DEFAULT = Duration.ofMinutes(1);

    private final Schedules schedules;
    private final Schedule schedule;
    private String name = "";
    private MissedRuns missed = MissedRuns.SKIP;
    private FailedRuns failedRuns = FailedRuns.LEAVE;
    private Duration clockTolerance = CLOCK_TOLERANCE_DEFAULT;

    ScheduleBuilder(Schedules schedules, Schedule schedule) {
        this.schedules = schedules;
        this.schedule = Objects.requireNonNull(schedule, "schedule");
    }

    /**
     * Distinguishes the schedules of one election: up to {@value ScheduleSettings#NAME_BYTES_MAX} bytes of UTF-8
     * without a slash. The same on all candidates, because the last slot is stored under it. By default empty, which is
     * the name of one schedule at most.
     */
    public ScheduleBuilder name(String name) {
        this.name = Objects.requireNonNull(name, "name");
        return this;
    }

    /** The policy for slots that passed while no candidate led; by default {@link MissedRuns#SKIP}. */
    public ScheduleBuilder missed(MissedRuns policy) {
        this.missed = Objects.requireNonNull(policy, "missed");
        return this;
    }

    /** The policy for slots whose run failed; by default {@link FailedRuns#LEAVE}. */
    public ScheduleBuilder failedRuns(FailedRuns policy) {
        this.failedRuns = Objects.requireNonNull(policy, "failedRuns");
        return this;
    }

    /**
     * By how much the wall clocks of two candidates may differ, 0 to a day; by default a minute. If an earlier leader
     * has run a slot that lies ahead of this machine's next slot by no more than this, the schedule waits and does not
     * run it again. A slot further ahead is logged and ignored, and the schedule follows this machine's clock.
     */
    public ScheduleBuilder clockTolerance(Duration tolerance) {
        this.clockTolerance = Objects.requireNonNull(tolerance, "clockTolerance");
        return this;
    }

    /**
     * Campaigns, and runs the work by the schedule whenever this candidate leads, until the schedule or the election is
     * closed. All schedules of a candidate run in its terms, each one run at a time.
     *
     * @throws IllegalArgumentException if a setting is out of its bounds
     * @throws IllegalStateException if the election is closed, has a schedule of this name or campaigns for other work
     */
    public LeaderSchedule start(ScheduledWork work) {
        Objects.requireNonNull(work, "work");
        return new LeaderSchedule(
                schedules.start(new ScheduleSettings(name, schedule, missed, failedRuns, clockTolerance), work));
    }
}
