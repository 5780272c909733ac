package io.mandate.server.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.closure.ReadIndexClosure;
import com.alipay.sofa.jraft.error.RaftError;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ReadIndexBatcherTest {
    private static final byte[] NO_CONTEXT = new byte[0];
    private static final Status NO_LEADER = new Status(RaftError.EPERM, "no leader");
    private static final long LONG_MILLIS = 60_000;

    private final Deque<ReadIndexClosure> rounds = new ArrayDeque<>();
    private long leaderTerm = 3;

    private ReadIndexBatcher batcher(long timeoutMillis) {
        return new ReadIndexBatcher((context, done) -> rounds.add(done), () -> leaderTerm, timeoutMillis);
    }

    private void complete(Status status) {
        rounds.remove().run(status, 1, NO_CONTEXT);
    }

    @Test
    void readersThatArriveDuringARoundShareTheNext() {
        ReadIndexBatcher batcher = batcher(LONG_MILLIS);
        CompletableFuture<Long> first = batcher.join(false);
        CompletableFuture<Long> second = batcher.join(false);
        CompletableFuture<Long> third = batcher.join(false);
        assertThat(rounds).hasSize(1);
        complete(Status.OK());
        assertThat(first).isCompletedWithValue(3L);
        assertThat(second).isNotDone();
        assertThat(rounds).hasSize(1);
        complete(Status.OK());
        assertThat(second).isCompletedWithValue(3L);
        assertThat(third).isCompletedWithValue(3L);
        assertThat(rounds).isEmpty();
    }

    /**
     * If the second report were processed, each failed round would double the waiting readers, and within seconds the
     * node would do nothing else.
     */
    @Test
    void aFailedRoundThatTheEngineReportsTwiceIsRetriedOnce() {
        ReadIndexBatcher batcher = batcher(LONG_MILLIS);
        CompletableFuture<Long> reader = batcher.join(false);
        AtomicInteger completions = new AtomicInteger();
        var counted = reader.thenAccept(term -> completions.incrementAndGet());
        ReadIndexClosure failed = rounds.remove();
        failed.run(NO_LEADER, 0, NO_CONTEXT);
        batcher.tick(System.nanoTime());
        assertThat(rounds).hasSize(1);
        failed.run(new Status(RaftError.ETIMEDOUT, "time is over"), 0, NO_CONTEXT);
        batcher.tick(System.nanoTime());
        assertThat(rounds).as("rounds in flight").hasSize(1);
        complete(Status.OK());
        assertThat(counted).isCompleted();
        assertThat(completions).hasValue(1);
        assertThat(rounds).as("rounds without readers").isEmpty();
    }

    @Test
    void aRoundWithoutAResponseIsFollowedByAnother() {
        ReadIndexBatcher batcher = batcher(LONG_MILLIS);
        CompletableFuture<Long> reader = batcher.join(false);
        batcher.tick(System.nanoTime() + 300_000_000);
        assertThat(rounds).as("before the timeout").hasSize(1);
        ReadIndexClosure lost = rounds.remove();
        batcher.tick(System.nanoTime() + 600_000_000);
        assertThat(rounds).hasSize(1);
        lost.run(Status.OK(), 1, NO_CONTEXT);
        assertThat(reader).as("the result of a timed out round is ignored").isNotDone();
        complete(Status.OK());
        assertThat(reader).isCompletedWithValue(3L);
    }

    @Test
    void aReaderFailsAfterItsTimeout() {
        CompletableFuture<Long> reader = batcher(0).join(false);
        complete(NO_LEADER);
        assertRefused(reader, "no leader");
    }

    @Test
    void aRoundProvesLeadershipOnlyIfTheTermIsUnchanged() {
        CompletableFuture<Long> proof = batcher(LONG_MILLIS).join(true);
        leaderTerm = 5;
        complete(Status.OK());
        assertRefused(proof, "is not the leader");
    }

    @Test
    void afterStopAllReadersFail() {
        ReadIndexBatcher batcher = batcher(LONG_MILLIS);
        CompletableFuture<Long> inFlight = batcher.join(false);
        CompletableFuture<Long> waiting = batcher.join(false);
        batcher.stop();
        assertRefused(waiting, "stopping");
        complete(NO_LEADER);
        assertRefused(inFlight, "stopping");
        assertRefused(batcher.join(false), "stopping");
    }

    private static void assertRefused(CompletableFuture<Long> read, String reason) {
        assertThat(read).isCompletedExceptionally();
        assertThatThrownBy(read::join)
                .cause()
                .isInstanceOf(ReplicationException.class)
                .hasMessageContaining(reason);
    }
}
