package io.mandate.server.raft.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class LineBudgetTest {
    private final LineBudget lines = new LineBudget();

    @Test
    void linesBeyondTheLimitAreSuppressedAndCounted() {
        long startNanos = Long.MAX_VALUE - 5; // the clock may overflow
        for (int line = 0; line < LineBudget.LINES_MAX; line++) {
            assertThat(lines.take(startNanos + line)).isEqualTo(OptionalLong.of(0));
        }
        assertThat(lines.take(startNanos + LineBudget.LINES_MAX)).isEmpty();
        assertThat(lines.take(startNanos + LineBudget.PERIOD_NANOS - 1)).isEmpty();
        assertThat(lines.take(startNanos + LineBudget.PERIOD_NANOS)).isEqualTo(OptionalLong.of(2));
        assertThat(lines.take(startNanos + LineBudget.PERIOD_NANOS)).isEqualTo(OptionalLong.of(0));
    }
}
