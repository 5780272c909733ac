package io.mandate.election;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ScheduleTest {
    private static final ZoneId UTC = ZoneId.of("UTC");
    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

    private static Instant next(Schedule schedule, String last) {
        return schedule.next(Instant.parse(last), Instant.parse(last).plusMillis(1_500));
    }

    @Test
    void aFixedRateIsTheSameOnEveryMachine() {
        Schedule schedule = Schedule.fixedRate(Duration.ofMinutes(5));
        assertThat(next(schedule, "2026-03-01T10:02:03Z")).isEqualTo("2026-03-01T10:05:00Z");
        assertThat(next(schedule, "2026-03-01T10:05:00Z")).isEqualTo("2026-03-01T10:10:00Z");
    }

    @Test
    void aFixedDelayCountsFromTheEndOfTheLastRun() {
        assertThat(next(Schedule.fixedDelay(Duration.ofSeconds(10)), "2026-03-01T10:00:00Z"))
                .isEqualTo("2026-03-01T10:00:11.500Z");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            * * * * *          | 2026-03-01T10:02:03Z | 2026-03-01T10:03:00Z
            */15 * * * *       | 2026-03-01T10:45:00Z | 2026-03-01T11:00:00Z
            5/20 * * * *       | 2026-03-01T10:46:00Z | 2026-03-01T11:05:00Z
            0 3 * * *          | 2026-03-01T03:00:00Z | 2026-03-02T03:00:00Z
            30 9-17/4 * * mon-fri | 2026-03-06T17:30:00Z | 2026-03-09T09:30:00Z
            0 0 29 feb *       | 2026-03-01T00:00:00Z | 2028-02-29T00:00:00Z
            0 0 1,15 * *       | 2026-03-01T00:00:00Z | 2026-03-15T00:00:00Z
            0 0 * * 7          | 2026-03-01T00:00:00Z | 2026-03-08T00:00:00Z
            0 0 13 * fri       | 2026-03-01T00:00:00Z | 2026-03-06T00:00:00Z
            """)
    void cronNamesTheNextTime(String expression, String last, String expected) {
        assertThat(next(Schedule.cron(expression, UTC), last)).isEqualTo(expected);
    }

    @Test
    void aTimeThatTheZoneSkipsDoesNotCome() {
        Schedule schedule = Schedule.cron("30 2 * * *", BERLIN);
        assertThat(next(schedule, "2026-03-28T01:30:00Z")).isEqualTo("2026-03-30T00:30:00Z");
    }

    @Test
    void aTimeThatTheZoneHasTwiceComesOnce() {
        Schedule schedule = Schedule.cron("30 2 * * *", BERLIN);
        assertThat(next(schedule, "2026-10-24T12:00:00Z")).isEqualTo("2026-10-25T00:30:00Z");
        assertThat(next(schedule, "2026-10-25T00:30:00Z")).isEqualTo("2026-10-26T01:30:00Z");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "* * * *",
                "60 * * * *",
                "* 24 * * *",
                "* * 0 * *",
                "* * * 13 *",
                "* * * * 8",
                "a * * * *",
                "5-1 * * * *",
                "*/0 * * * *",
                "1/2/3 * * * *",
                "1,,2 * * * *",
                "0 0 31 feb *",
                "1-2-3 * * * *"
            })
    void whatIsNoCronExpressionIsRefused(String expression) {
        assertThatThrownBy(() -> Schedule.cron(expression, UTC)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aPeriodTooShortIsRefusedWithItsBound() {
        assertThatThrownBy(() -> Schedule.fixedRate(Duration.ofMillis(99))).hasMessageContaining("PT0.1S");
    }
}
