package io.mandate.election;

import io.mandate.election.schedule.FailedRuns;
import io.mandate.election.schedule.MissedRuns;
import io.mandate.election.schedule.Schedule;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * Describes work that runs by the clock while a candidate leads. Not thread-safe. Every setting is checked by
 * {@link #start}, whose refusal names the setting, its bounds and what to do.
 */
public final class ScheduleBuilder {
    static final int NAME_BYTES_MAX = 128;

    private static final Duration CLOCK_TOLERANCE_DEFAULT = Duration.ofMinutes(1);
    private static final Duration CLOCK_TOLERANCE_MAX = Duration.ofDays(1);

    private final Schedules schedules;
    private final Schedule schedule;
    private String name = "";
    private MissedRuns missed = MissedRuns.SKIP;
    private FailedRuns failedRuns = FailedRuns.LEAVE;
    private Duration clockTolerance = CLOCK_TOLERANCE_DEFAULT;

    ScheduleBuilder(Schedules schedules, Schedule schedule) {
        this.schedules = schedules;
        this.schedule = schedule;
    }

    /**
     * Tells the schedules of one election apart: up to {@value #NAME_BYTES_MAX} bytes of UTF-8 without a slash. The
     * same on all candidates, because the last slot is remembered under it. By default empty, which one of them may be.
     */
    public ScheduleBuilder name(String scheduleName) {
        this.name = scheduleName;
        return this;
    }

    /** What becomes of slots that passed while nobody led; by default {@link MissedRuns#SKIP}. */
    public ScheduleBuilder missed(MissedRuns policy) {
        this.missed = policy;
        return this;
    }

    /** What becomes of slots whose run failed; by default {@link FailedRuns#LEAVE}. */
    public ScheduleBuilder failedRuns(FailedRuns policy) {
        this.failedRuns = policy;
        return this;
    }

    /**
     * By how much the wall clocks of two candidates may differ, 0 to a day; by default a minute. A slot that another
     * leader ran ahead of this machine's next slot, but by no more than this, is waited for and not run again. What
     * lies further ahead is not believed: it is logged, and the schedule goes on by this machine's clock.
     */
    public ScheduleBuilder clockTolerance(Duration tolerance) {
        this.clockTolerance = tolerance;
        return this;
    }

    /**
     * Campaigns, and has the work run by the schedule whenever this candidate leads, until the schedule or the election
     * is closed. All schedules of a candidate run in its terms, each one run at a time.
     *
     * @throws IllegalArgumentException if a setting is out of its bounds
     * @throws IllegalStateException if the election is closed, has a schedule of this name or campaigns for other work
     */
    public LeaderSchedule start(ScheduledWork work) {
        requireName();
        if (clockTolerance.isNegative() || clockTolerance.compareTo(CLOCK_TOLERANCE_MAX) > 0) {
            throw new IllegalArgumentException("a clock tolerance of " + clockTolerance + " is not between 0 and "
                    + CLOCK_TOLERANCE_MAX + ": say by how much the clocks of two candidates may differ");
        }
        return schedules.start(this, work);
    }

    private void requireName() {
        int bytes = name.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > NAME_BYTES_MAX) {
            throw new IllegalArgumentException("the name of a schedule '" + name + "' has " + bytes
                    + " bytes of UTF-8, more than " + NAME_BYTES_MAX + ": choose a shorter one");
        }
        if (name.indexOf('/') >= 0 || name.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("the name of a schedule '" + name
                    + "' contains a slash or a control character: it is a part of a key, choose another one");
        }
    }

    Schedule schedule() {
        return schedule;
    }

    String name() {
        return name;
    }

    MissedRuns missed() {
        return missed;
    }

    FailedRuns failedRuns() {
        return failedRuns;
    }

    Duration clockTolerance() {
        return clockTolerance;
    }
}
