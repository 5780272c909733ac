package io.mandate.server.lease;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class SuspensionAwareClockTest {
    private static final long MILLI = 1_000_000;
    private static final long TOLERANCE = SuspensionAwareClock.LATE_NANOS_MAX;
    private static final long GRACE = SuspensionAwareClock.GRACE_NANOS;

    private final SuspensionAwareClock time = new SuspensionAwareClock(1_000);

    private long read(long nowNanos, long plannedNanos) {
        return time.read(1_000 + nowNanos, 1_000 + plannedNanos);
    }

    @Test
    void goesWithRealTimeWhileTheProcessIsPunctual() {
        assertThat(read(100 * MILLI, 100 * MILLI)).isEqualTo(100 * MILLI);
        assertThat(read(101 * MILLI, 200 * MILLI)).as("woken early").isEqualTo(101 * MILLI);
        assertThat(read(201 * MILLI + TOLERANCE, 201 * MILLI)).isEqualTo(201 * MILLI + TOLERANCE);
    }

    @Test
    void doesNotCountWhatWasOverslept() {
        assertThat(read(10_000 * MILLI, 100 * MILLI)).isEqualTo(100 * MILLI + TOLERANCE);
    }

    @Test
    void standsStillInTheGraceAfterWaking() {
        long woken = read(10_000 * MILLI, 100 * MILLI);
        assertThat(read(10_000 * MILLI + GRACE / 2, 10_100 * MILLI)).isEqualTo(woken);
        assertThat(read(10_000 * MILLI + GRACE + MILLI, 10_200 * MILLI)).isEqualTo(woken + MILLI);
    }

    @Test
    void neverGoesBackAndIsNeverFast() {
        Random random = new Random(5);
        long now = 0;
        long before = 0;
        for (int i = 0; i < 10_000; i++) {
            long planned = now + random.nextInt(200) * MILLI;
            long next = now + random.nextInt(random.nextInt(10) == 0 ? 2_000 : 150) * MILLI;
            long awake = read(next, planned);
            assertThat(awake - before).isBetween(0L, next - now);
            now = next;
            before = awake;
        }
    }

    @Test
    void goesOnThoughEveryTurnIsLate() {
        long awake = 0;
        for (long i = 1; i <= 100; i++) {
            awake = read(i * 100 * MILLI, (i - 1) * 100 * MILLI);
        }
        assertThat(awake).isGreaterThan(1_000 * MILLI);
    }
}
