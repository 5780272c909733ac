package io.mandate.server.raft;

import static io.mandate.server.raft.ProposalQueueTest.options;
import static io.mandate.server.raft.ProposalQueueTest.put;
import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.keyspace.api.Outcome;
import io.mandate.server.raft.ProposalQueueTest.FakeRoute;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** One window shared by the queues of several groups. */
class InFlightWindowTest {
    private static final int GROUPS = InFlightWindow.BATCHES_MAX + 2;

    private final InFlightWindow window = new InFlightWindow();
    private final List<FakeRoute> routes =
            IntStream.range(0, GROUPS).mapToObj(group -> new FakeRoute()).toList();
    private final List<ProposalQueue> queues = routes.stream()
            .map(route -> new ProposalQueue(route, window, options(GROUPS)))
            .toList();

    private void fill() {
        routes.forEach(route -> route.open = true);
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
        return routes.stream().map(route -> route.batches.size()).toList();
    }

    @Test
    void whenTheWindowOpensEveryGroupSendsItsWaitingRequests() {
        fill();
        proposeToTheLastTwo();
        assertThat(sent()).containsExactly(1, 1, 1, 1, 0, 0);

        routes.get(2).batches.get(0).succeed(List.of(new Outcome.Done(2)));

        assertThat(sent()).containsExactly(1, 1, 1, 1, 1, 1);
        assertThat(routes.get(4).batches.get(0).proposals()).hasSize(2);
        assertThat(routes.get(5).batches.get(0).proposals()).hasSize(2);
    }

    @Test
    void slowBatchesDoNotBlockOtherGroups() {
        fill();
        proposeToTheLastTwo();

        long laterNanos = System.nanoTime() + 2 * InFlightWindow.HELD_NANOS_MAX;
        queues.forEach(queue -> queue.tick(laterNanos));

        assertThat(sent()).containsExactly(1, 1, 1, 1, 1, 1);
    }

    @Test
    void aSlowBatchThatCompletesIsReleasedOnce() {
        fill();
        long laterNanos = System.nanoTime() + 2 * InFlightWindow.HELD_NANOS_MAX;
        queues.get(0).tick(laterNanos);
        routes.get(0).batches.get(0).succeed(List.of(new Outcome.Done(2)));
        queues.get(4).propose(put(1));
        queues.get(5).propose(put(1));

        assertThat(sent()).as("one batch was released").containsExactly(1, 1, 1, 1, 1, 0);
    }

    @Test
    void aReturnedBatchOpensTheWindowForOthers() {
        fill();
        proposeToTheLastTwo();

        routes.get(1).batches.get(0).failNotAppended("handing over");

        assertThat(sent()).containsExactly(1, 1, 1, 1, 1, 1);
        queues.get(1).retry();
        assertThat(sent()).as("the window is closed again").containsExactly(1, 1, 1, 1, 1, 1);
    }
}
