package io.mandate.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class CompactionPlanTest {
    private static final long MINUTE = Duration.ofMinutes(1).toNanos();

    @Test
    void periodicCompactsExactlyTheHistoryOlderThanTheRetention() {
        CompactionPlan plan = new CompactionPlan(new AutoCompaction.Periodic(Duration.ofMinutes(10)));
        assertThat(plan.interval()).isEqualTo(Duration.ofMinutes(1));
        for (int minute = 0; minute < 10; minute++) {
            assertThat(plan.revisionToCompact(minute * MINUTE, 100 + minute, -1))
                    .isEmpty();
        }
        assertThat(plan.revisionToCompact(10 * MINUTE, 200, -1)).isEqualTo(OptionalLong.of(100));
        assertThat(plan.revisionToCompact(11 * MINUTE, 200, 100)).isEqualTo(OptionalLong.of(101));
    }

    @Test
    void aLongRetentionIsSampledEverySixMinutes() {
        assertThat(new CompactionPlan(new AutoCompaction.Periodic(Duration.ofHours(24))).interval())
                .isEqualTo(Duration.ofMinutes(6));
    }

    @Test
    void byRevisionKeepsTheLatestRevisions() {
        CompactionPlan plan = new CompactionPlan(new AutoCompaction.ByRevision(1000));
        assertThat(plan.revisionToCompact(0, 900, -1)).isEmpty();
        assertThat(plan.revisionToCompact(0, 1500, -1)).isEqualTo(OptionalLong.of(500));
        assertThat(plan.revisionToCompact(0, 1500, 500)).isEmpty();
    }
}
