package io.mandate.server.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.KeyspaceLimits;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.Request;
import io.mandate.keyspace.api.TxnOperation;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ProposalQueueTest {
    private static final int REQUEST_BYTES_MAX = 3 << 19;

    private final FakeRoute route = new FakeRoute();
    private final InFlightWindow window = new InFlightWindow();
    private final ProposalQueue queue = new ProposalQueue(route, window, options(1));

    static ReplicaOptions options(int groups) {
        InetSocketAddress self = InetSocketAddress.createUnresolved("127.0.0.1", 1);
        return new ReplicaOptions(
                1,
                1,
                Map.of(1L, self),
                self,
                Path.of("unused"),
                false,
                groups,
                100,
                300,
                1_000,
                REQUEST_BYTES_MAX,
                KeyspaceLimits.DEFAULT,
                null);
    }

    static Request put(int valueBytes) {
        return Request.of(TxnOperation.Put.of(Bytes.utf8("a"), Bytes.owning(new byte[valueBytes])));
    }

    private static void assertRefused(
            CompletableFuture<Outcome> proposal, ReplicationException.Kind kind, String text) {
        assertThatThrownBy(proposal::join)
                .cause()
                .hasMessageContaining(text)
                .extracting(failure -> ((ReplicationException) failure).kind())
                .isEqualTo(kind);
    }

    @Test
    void requestsAreSentAtOnceAndThoseBeyondTheWindowShareABatch() {
        route.open = true;
        for (int i = 0; i < InFlightWindow.BATCHES_MAX + 3; i++) {
            assertThat(queue.propose(put(1))).isNotDone();
        }
        assertThat(route.batches).hasSize(InFlightWindow.BATCHES_MAX);
        route.batches.get(0).succeed(List.of(new Outcome.Done(2)));
        assertThat(route.batches.get(InFlightWindow.BATCHES_MAX).proposals()).hasSize(3);
    }

    /** Otherwise each of many groups would send, and force to disk, batches of one request. */
    @Test
    void withSeveralGroupsASecondBatchNeedsAMinimumSize() {
        ProposalQueue groupQueue = new ProposalQueue(route, new InFlightWindow(), options(16));
        route.open = true;
        groupQueue.propose(put(1));
        for (int i = 1; i < ProposalQueue.FURTHER_BATCH_REQUESTS_MIN; i++) {
            groupQueue.propose(put(1));
        }
        assertThat(route.batches).as("the first batch of one request").hasSize(1);
        assertThat(groupQueue.hasBatchInFlight()).isTrue();
        groupQueue.propose(put(1));
        assertThat(route.batches.get(1).proposals()).hasSize(ProposalQueue.FURTHER_BATCH_REQUESTS_MIN);
        groupQueue.propose(put(1));
        route.batches.get(0).succeed(List.of(new Outcome.Done(2)));
        assertThat(route.batches).as("while the second is in flight").hasSize(2);
        route.batches
                .get(1)
                .succeed(Collections.nCopies(ProposalQueue.FURTHER_BATCH_REQUESTS_MIN, new Outcome.Done(3)));
        assertThat(route.batches.get(2).proposals())
                .as("when none is in flight")
                .hasSize(1);
    }

    @Test
    void requestsProposedTogetherShareABatch() {
        route.open = true;
        queue.proposeAll(List.of(put(1), put(2), put(3)));
        assertThat(route.batches).hasSize(1);
        assertThat(route.batches.get(0).proposals()).hasSize(3);
    }

    @Test
    void aReturnedBatchIsRetriedWithTheNextRequestOrTick() {
        route.open = true;
        route.returning = true;
        queue.propose(put(1));
        assertThat(route.batches).hasSize(1);
        window.pump();
        assertThat(route.batches).as("pumped by another queue").hasSize(1);
        queue.tick(System.nanoTime());
        assertThat(route.batches).as("at the next tick").hasSize(2);
        route.returning = false;
        queue.propose(put(1));
        assertThat(route.batches.get(2).proposals()).as("with the next request").hasSize(2);
    }

    @Test
    void aRequestAboveTheLimitIsRefusedWithTheLimit() {
        assertRefused(
                queue.propose(put(REQUEST_BYTES_MAX)),
                ReplicationException.Kind.REQUEST_TOO_LARGE,
                String.valueOf(REQUEST_BYTES_MAX));
    }

    @Test
    void requestsBeyondTheLimitAreRefusedAndWaitingOnesAreKept() {
        List<CompletableFuture<Outcome>> waiting = new ArrayList<>();
        for (int i = 0; i < ReplicaOptions.PROPOSALS_MAX; i++) {
            waiting.add(queue.propose(put(1)));
        }
        assertRefused(
                queue.propose(put(1)),
                ReplicationException.Kind.TOO_MANY_REQUESTS,
                String.valueOf(ReplicaOptions.PROPOSALS_MAX));
        assertThat(waiting).noneMatch(CompletableFuture::isDone);
        assertThat(queue.pending()).isEqualTo(ReplicaOptions.PROPOSALS_MAX);
    }

    @Test
    void bytesBeyondTheLimitAreRefusedUntilOthersComplete() {
        Request large = put(REQUEST_BYTES_MAX - 100);
        int fitting = ReplicaOptions.PROPOSAL_BYTES_MAX / REQUEST_BYTES_MAX;
        for (int i = 0; i < fitting; i++) {
            assertThat(queue.propose(large)).isNotDone();
        }
        assertRefused(
                queue.propose(large),
                ReplicationException.Kind.TOO_MANY_REQUESTS,
                String.valueOf(ReplicaOptions.PROPOSAL_BYTES_MAX));
        route.open = true;
        queue.retry();
        route.batches.get(0).succeed(List.of(new Outcome.Done(2)));
        assertThat(queue.propose(large)).isNotDone();
    }

    @Test
    void aReturnedBatchKeepsItsPosition() {
        route.open = true;
        CompletableFuture<Outcome> first = queue.propose(put(1));
        RequestBatch refused = route.batches.remove(0);
        route.open = false;
        CompletableFuture<Outcome> second = queue.propose(put(2));
        refused.failNotAppended("handing over");
        assertThat(first).isNotDone();
        route.open = true;
        queue.retry();
        assertThat(route.batches.get(0).proposals())
                .extracting(proposal -> proposal.outcome)
                .containsExactly(first, second);
    }

    @Test
    void afterStopAllRequestsFailAtOnce() {
        CompletableFuture<Outcome> before = queue.propose(put(1));
        queue.stop();
        assertRefused(before, ReplicationException.Kind.STOPPED, "stopping");
        assertRefused(queue.propose(put(1)), ReplicationException.Kind.STOPPED, "stopping");
        assertThat(queue.pending()).isZero();
    }

    static final class FakeRoute implements ProposalQueue.Route {
        final List<RequestBatch> batches = new ArrayList<>();
        boolean open;
        boolean returning;

        @Override
        public boolean isOpen() {
            return open;
        }

        @Override
        public void send(RequestBatch batch) {
            batches.add(batch);
            if (returning) {
                batch.failNotAppended("planted by the test");
            }
        }
    }
}
