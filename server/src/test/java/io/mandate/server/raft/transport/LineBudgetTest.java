package io.mandate.server.raft.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class LineBudgetTest {
    private final LineBudget lines = new LineBudget();

    @Test
    void soManyLinesInAWhileAndTheNextSaysHowManyCouldNotBe() {
        long begin = Long.MAX_VALUE - 5; // as a clock may have it
        for (int line = 0; line < LineBudget.LINES_MAX; line++) {
            assertThat(lines.take(begin + line)).isEqualTo(OptionalLong.of(0));
        }
        assertThat(lines.take(begin + LineBudget.LINES_MAX)).isEmpty();
        assertThat(lines.take(begin + LineBudget.PERIOD_NANOS - 1)).isEmpty();
        assertThat(lines.take(begin + LineBudget.PERIOD_NANOS)).isEqualTo(OptionalLong.of(2));
        assertThat(lines.take(begin + LineBudget.PERIOD_NANOS)).isEqualTo(OptionalLong.of(0));
    }
}
