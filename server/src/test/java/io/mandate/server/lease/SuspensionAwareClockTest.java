package io.mandate.server.lease;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class SuspensionAwareClockTest {
    private static final long MILLI = 1_000_000;
    private static final long LATE_MAX = SuspensionAwareClock.LATE_NANOS_MAX;
    private static final long GRACE = SuspensionAwareClock.GRACE_NANOS;

    private final SuspensionAwareClock clock = new SuspensionAwareClock(1_000);

    private long read(long nowNanos, long plannedNanos) {
        return clock.read(1_000 + nowNanos, 1_000 + plannedNanos);
    }

    @Test
    void followsRealTimeWhileTheProcessIsPunctual() {
        assertThat(read(100 * MILLI, 100 * MILLI)).isEqualTo(100 * MILLI);
        assertThat(read(101 * MILLI, 200 * MILLI)).as("woken early").isEqualTo(101 * MILLI);
        assertThat(read(201 * MILLI + LATE_MAX, 201 * MILLI)).isEqualTo(201 * MILLI + LATE_MAX);
    }

    @Test
    void doesNotCountTheTimeOfASuspension() {
        assertThat(read(10_000 * MILLI, 100 * MILLI)).isEqualTo(100 * MILLI + LATE_MAX);
    }

    @Test
    void isStoppedDuringTheGracePeriodAfterASuspension() {
        long resumedNanos = read(10_000 * MILLI, 100 * MILLI);
        assertThat(read(10_000 * MILLI + GRACE / 2, 10_100 * MILLI)).isEqualTo(resumedNanos);
        assertThat(read(10_000 * MILLI + GRACE + MILLI, 10_200 * MILLI)).isEqualTo(resumedNanos + MILLI);
    }

    @Test
    void neverGoesBackAndIsNeverFast() {
        Random random = new Random(5);
        long nowNanos = 0;
        long beforeNanos = 0;
        for (int i = 0; i < 10_000; i++) {
            long plannedNanos = nowNanos + random.nextInt(200) * MILLI;
            long nextNanos = nowNanos + random.nextInt(random.nextInt(10) == 0 ? 2_000 : 150) * MILLI;
            long runningNanos = read(nextNanos, plannedNanos);
            assertThat(runningNanos - beforeNanos).isBetween(0L, nextNanos - nowNanos);
            nowNanos = nextNanos;
            beforeNanos = runningNanos;
        }
    }

    @Test
    void advancesEvenIfEveryRunIsLate() {
        long runningNanos = 0;
        for (long i = 1; i <= 100; i++) {
            runningNanos = read(i * 100 * MILLI, (i - 1) * 100 * MILLI);
        }
        assertThat(runningNanos).isGreaterThan(1_000 * MILLI);
    }
}
