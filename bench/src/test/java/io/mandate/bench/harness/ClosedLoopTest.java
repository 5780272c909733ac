package io.mandate.bench.harness;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClosedLoopTest {
    private final Deque<Slot.Outcome> outstanding = new ArrayDeque<>();
    private final Slot slot = outstanding::addLast;

    @Test
    void aSlotHasOneOperationOutstandingAndIssuesTheNextWhenItEnds() throws Exception {
        ClosedLoop loop = new ClosedLoop(List.of(slot, slot), 5);

        loop.start();

        assertThat(outstanding).hasSize(2);
        for (int ended = 0; ended < 5; ended++) {
            outstanding.removeFirst().succeeded();
            assertThat(outstanding).hasSize(Math.min(2, 5 - ended - 1));
        }
        assertThat(loop.awaitEnd(0)).isEmpty();
    }

    @Test
    void aFailedSlotStopsAndItsReasonIsReported() throws Exception {
        ClosedLoop loop = new ClosedLoop(List.of(slot, slot), 2);

        loop.start();
        outstanding.removeFirst().failed("compare failed");
        outstanding.removeFirst().failed("unavailable");

        assertThat(outstanding).isEmpty();
        assertThat(loop.awaitEnd(0)).contains("2 failures, first: compare failed");
    }

    @Test
    void operationsThatNeverEndAreReported() throws Exception {
        ClosedLoop loop = new ClosedLoop(List.of(slot, slot), 2);

        loop.start();
        outstanding.removeFirst().succeeded();

        assertThat(loop.awaitEnd(0)).contains("1 operations unanswered after 0 s");
    }

    @Test
    void afterStopNothingIsIssuedAnyMore() throws Exception {
        Slot immediate = Slot.Outcome::succeeded;
        ClosedLoop loop = new ClosedLoop(List.of(immediate), 1_000);

        loop.start();

        assertThat(loop.stop()).isEmpty();
        assertThat(outstanding).isEmpty();
    }
}
