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

    private final Deque<ReadIndexClosure> asked = new ArrayDeque<>();
    private long leaderTerm = 3;

    private ReadIndexBatcher rounds(long timeoutMillis) {
        return new ReadIndexBatcher((context, done) -> asked.add(done), () -> leaderTerm, timeoutMillis);
    }

    private void answer(Status status) {
        asked.remove().run(status, 1, NO_CONTEXT);
    }

    @Test
    void thoseWhoComeDuringARoundShareTheNext() {
        ReadIndexBatcher rounds = rounds(LONG_MILLIS);
        CompletableFuture<Long> first = rounds.join(false);
        CompletableFuture<Long> second = rounds.join(false);
        CompletableFuture<Long> third = rounds.join(false);
        assertThat(asked).hasSize(1);
        answer(Status.OK());
        assertThat(first).isCompletedWithValue(3L);
        assertThat(second).isNotDone();
        assertThat(asked).hasSize(1);
        answer(Status.OK());
        assertThat(second).isCompletedWithValue(3L);
        assertThat(third).isCompletedWithValue(3L);
        assertThat(asked).isEmpty();
    }

    /**
     * Were the second report heeded, each failed round would double those who wait: within seconds the node would do
     * nothing else.
     */
    @Test
    void aFailedRoundOfWhichTheEngineTellsTwiceIsTriedAgainOnce() {
        ReadIndexBatcher rounds = rounds(LONG_MILLIS);
        CompletableFuture<Long> reader = rounds.join(false);
        AtomicInteger answers = new AtomicInteger();
        var counted = reader.thenAccept(term -> answers.incrementAndGet());
        ReadIndexClosure failed = asked.remove();
        failed.run(NO_LEADER, 0, NO_CONTEXT);
        rounds.tick(System.nanoTime());
        assertThat(asked).hasSize(1);
        failed.run(new Status(RaftError.ETIMEDOUT, "time is over"), 0, NO_CONTEXT);
        rounds.tick(System.nanoTime());
        assertThat(asked).as("rounds under way").hasSize(1);
        answer(Status.OK());
        assertThat(counted).isCompleted();
        assertThat(answers).hasValue(1);
        assertThat(asked).as("rounds for nobody").isEmpty();
    }

    @Test
    void aRoundThatIsNotAnsweredIsFollowedByAnother() {
        ReadIndexBatcher rounds = rounds(LONG_MILLIS);
        CompletableFuture<Long> reader = rounds.join(false);
        rounds.tick(System.nanoTime() + 300_000_000);
        assertThat(asked).as("while there is time").hasSize(1);
        ReadIndexClosure lost = asked.remove();
        rounds.tick(System.nanoTime() + 600_000_000);
        assertThat(asked).hasSize(1);
        lost.run(Status.OK(), 1, NO_CONTEXT);
        assertThat(reader).as("what the lost round proves comes too late").isNotDone();
        answer(Status.OK());
        assertThat(reader).isCompletedWithValue(3L);
    }

    @Test
    void aReaderIsToldWhenItsTimeIsOver() {
        CompletableFuture<Long> reader = rounds(0).join(false);
        answer(NO_LEADER);
        assertRefused(reader, "no leader");
    }

    @Test
    void aRoundProvesLeadershipOnlyIfTheTermStayed() {
        CompletableFuture<Long> proof = rounds(LONG_MILLIS).join(true);
        leaderTerm = 5;
        answer(Status.OK());
        assertRefused(proof, "does not lead");
    }

    @Test
    void afterTheStopNobodyWaits() {
        ReadIndexBatcher rounds = rounds(LONG_MILLIS);
        CompletableFuture<Long> underWay = rounds.join(false);
        CompletableFuture<Long> gathered = rounds.join(false);
        rounds.stop();
        assertRefused(gathered, "stopping");
        answer(NO_LEADER);
        assertRefused(underWay, "stopping");
        assertRefused(rounds.join(false), "stopping");
    }

    private static void assertRefused(CompletableFuture<Long> read, String reason) {
        assertThat(read).isCompletedExceptionally();
        assertThatThrownBy(read::join)
                .cause()
                .isInstanceOf(ReplicationException.class)
                .hasMessageContaining(reason);
    }
}
