package io.mandate.server.raft;

import static io.mandate.server.raft.ProposalQueueTest.options;
import static io.mandate.server.raft.ProposalQueueTest.put;
import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.keyspace.Outcome;
import io.mandate.server.raft.ProposalQueueTest.Road;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** One window over the queues of several groups. */
class InFlightWindowTest {
    private static final int GROUPS = InFlightWindow.BATCHES_MAX + 2;

    private final InFlightWindow window = new InFlightWindow();
    private final List<Road> roads =
            IntStream.range(0, GROUPS).mapToObj(group -> new Road()).toList();
    private final List<ProposalQueue> queues = roads.stream()
            .map(road -> new ProposalQueue(road, window, options(GROUPS)))
            .toList();

    private void fill() {
        roads.forEach(road -> road.open = true);
        for (int group = 0; group < InFlightWindow.BATCHES_MAX; group++) {
            queues.get(group).propose(put(1));
        }
    }

    private void proposeToTheLastTwo() {
        for (int group = InFlightWindow.BATCHES_MAX; group < GROUPS; group++) {
            queues.get(group).propose(put(1));
            queues.get(group).propose(put(1));
        }
    }

    private List<Integer> sent() {
        return roads.stream().map(road -> road.batches.size()).toList();
    }

    @Test
    void whenTheWindowOpensEveryGroupSendsAllThatGathered() {
        fill();
        proposeToTheLastTwo();
        assertThat(sent()).containsExactly(1, 1, 1, 1, 0, 0);

        roads.get(2).batches.get(0).succeed(List.of(new Outcome.Done(2)));

        assertThat(sent()).containsExactly(1, 1, 1, 1, 1, 1);
        assertThat(roads.get(4).batches.get(0).proposals()).hasSize(2);
        assertThat(roads.get(5).batches.get(0).proposals()).hasSize(2);
    }

    @Test
    void groupsWhoseBatchesDoNotEndDoNotHoldUpTheOthers() {
        fill();
        proposeToTheLastTwo();

        long laterNanos = System.nanoTime() + 2 * InFlightWindow.COUNTED_NANOS_MAX;
        queues.forEach(queue -> queue.tick(laterNanos));

        assertThat(sent()).containsExactly(1, 1, 1, 1, 1, 1);
    }

    @Test
    void aBatchThatIsDiscountedAndEndsIsDiscountedOnce() {
        fill();
        long laterNanos = System.nanoTime() + 2 * InFlightWindow.COUNTED_NANOS_MAX;
        queues.get(0).tick(laterNanos);
        roads.get(0).batches.get(0).succeed(List.of(new Outcome.Done(2)));
        queues.get(4).propose(put(1));
        queues.get(5).propose(put(1));

        assertThat(sent()).as("one place was free").containsExactly(1, 1, 1, 1, 1, 0);
    }

    @Test
    void aBatchThatComesBackOpensTheWindowForOthers() {
        fill();
        proposeToTheLastTwo();

        roads.get(1).batches.get(0).failNotAppended("handing over");

        assertThat(sent()).containsExactly(1, 1, 1, 1, 1, 1);
        queues.get(1).retry();
        assertThat(sent()).as("the window is closed again").containsExactly(1, 1, 1, 1, 1, 1);
    }
}
