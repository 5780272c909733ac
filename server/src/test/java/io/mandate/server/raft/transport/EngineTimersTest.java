package io.mandate.server.raft.transport;

import static org.assertj.core.api.Assertions.assertThat;

import com.alipay.sofa.jraft.JRaftUtils;
import com.alipay.sofa.jraft.util.timer.RaftTimerFactory;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EngineTimersTest {
    private static final long MILLIS = 1_000_000;

    @Test
    void theEngineUsesTheseTimers() {
        RaftTimerFactory found = JRaftUtils.raftTimerFactory();
        assertThat(found).isInstanceOf(EngineTimers.class);
    }

    @Test
    void longDelaysEndOnTheGridNeverLateAndLessThanAnIntervalEarly() {
        Random random = new Random(1);
        for (int i = 0; i < 1_000; i++) {
            long now = random.nextLong() / 2;
            long delay = EngineTimers.GRID_NANOS + random.nextInt(1_000_000_000);
            long aligned = EngineTimers.alignedNanos(now, delay);
            assertThat(Math.floorMod(now + aligned, EngineTimers.GRID_NANOS)).isZero();
            assertThat(aligned).isBetween(delay - EngineTimers.GRID_NANOS + 1, delay);
        }
    }

    @Test
    void theHeartbeatIntervalIsKeptOnTheGrid() {
        long sent = 7 * EngineTimers.GRID_NANOS + MILLIS / 2;
        assertThat(EngineTimers.alignedNanos(sent, 100 * MILLIS)).isEqualTo(100 * MILLIS - MILLIS / 2);
    }

    @Test
    void shortDelaysAreUnchanged() {
        assertThat(EngineTimers.alignedNanos(12_345, 10 * MILLIS)).isEqualTo(10 * MILLIS);
    }
}
