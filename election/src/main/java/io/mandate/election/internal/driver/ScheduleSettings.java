package io.mandate.election.internal.driver;

import io.mandate.election.FailedRuns;
import io.mandate.election.MissedRuns;
import io.mandate.election.Schedule;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** What a builder of a schedule described, checked. */
public record ScheduleSettings(
        String name, Schedule schedule, MissedRuns missed, FailedRuns failedRuns, Duration clockTolerance) {
    public static final int NAME_BYTES_MAX = 128;
    private static final Duration CLOCK_TOLERANCE_MAX = Duration.ofDays(1);

    public ScheduleSettings {
        int bytes = name.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > NAME_BYTES_MAX) {
            throw new IllegalArgumentException("the name of a schedule '" + name + "' has " + bytes
                    + " bytes of UTF-8, more than " + NAME_BYTES_MAX + ": choose a shorter one");
        }
        if (name.indexOf('/') >= 0 || name.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("the name of a schedule '" + name
                    + "' contains a slash or a control character: it is a part of a key, choose another one");
        }
        if (clockTolerance.isNegative() || clockTolerance.compareTo(CLOCK_TOLERANCE_MAX) > 0) {
            throw new IllegalArgumentException("a clock tolerance of " + clockTolerance + " is not between 0 and "
                    + CLOCK_TOLERANCE_MAX + ": say by how much the clocks of two candidates may differ");
        }
    }
}
