package io.mandate.server.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SharedEventLoopTest {
    private static final int WAIT_SECONDS_MAX = 20;

    private final SharedEventLoop loop = SharedEventLoop.start("test-turns");

    @AfterEach
    void close() {
        loop.close();
    }

    /** Notes its turns; idle for as long as it is told. */
    private static final class Noting implements SharedEventLoop.Worker {
        final BlockingQueue<Thread> turns = new LinkedBlockingQueue<>();
        final CompletableFuture<Throwable> failed = new CompletableFuture<>();
        final CompletableFuture<Thread> ended = new CompletableFuture<>();
        volatile long idleNanos = Long.MAX_VALUE;
        volatile boolean broken;

        @Override
        public void turn() {
            turns.add(Thread.currentThread());
            if (broken) {
                throw new IllegalStateException("planted");
            }
        }

        @Override
        public long idleNanos() {
            return idleNanos;
        }

        @Override
        public void failed(Throwable bug) {
            failed.complete(bug);
        }

        @Override
        public void ended() {
            ended.complete(Thread.currentThread());
        }

        Thread awaitTurn() throws InterruptedException {
            Thread thread = turns.poll(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
            assertThat(thread).as("a turn").isNotNull();
            return thread;
        }
    }

    @Test
    void allWorkersTakeTheirTurnsOnOneThread() throws Exception {
        Noting one = new Noting();
        Noting other = new Noting();
        loop.seat(one);
        loop.seat(other);
        assertThat(one.awaitTurn()).isSameAs(other.awaitTurn()).isNotSameAs(Thread.currentThread());
    }

    @Test
    void whoIsWokenTakesATurnAndNobodyElse() throws Exception {
        Noting one = new Noting();
        Noting other = new Noting();
        SharedEventLoop.Seat seat = loop.seat(one);
        loop.seat(other);
        one.awaitTurn();
        other.awaitTurn();
        for (int wakes = 0; wakes < 1_000; wakes++) {
            seat.wake();
            one.awaitTurn();
            one.turns.clear();
        }
        assertThat(other.turns).isEmpty();
    }

    @Test
    void whoNamesATimeTakesTurnsWithoutBeingWoken() throws Exception {
        Noting timed = new Noting();
        timed.idleNanos = 1_000_000;
        loop.seat(timed);
        for (int turns = 0; turns < 10; turns++) {
            timed.awaitTurn();
        }
    }

    @Test
    void aTurnThatIsSoonDueIsTakenWithOneThatIsDue() throws Exception {
        Noting sooner = new Noting();
        Noting later = new Noting();
        sooner.idleNanos = 1_000_000;
        later.idleNanos = SharedEventLoop.TOGETHER_NANOS;
        loop.seat(later);
        loop.seat(sooner);
        for (int turns = 0; turns < 10; turns++) {
            sooner.awaitTurn();
        }
        assertThat(later.turns).hasSizeGreaterThanOrEqualTo(9);
    }

    @Test
    void aBugEndsItsWorkerAlone() throws Exception {
        Noting broken = new Noting();
        broken.broken = true;
        Noting sound = new Noting();
        loop.seat(broken);
        SharedEventLoop.Seat seat = loop.seat(sound);
        assertThat(broken.failed.get(WAIT_SECONDS_MAX, TimeUnit.SECONDS)).hasMessage("planted");
        broken.ended.get(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
        sound.awaitTurn();
        seat.wake();
        sound.awaitTurn();
    }

    @Test
    void whoLeavesIsToldOnTheThreadAndHasNoMoreTurns() throws Exception {
        Noting leaving = new Noting();
        SharedEventLoop.Seat seat = loop.seat(leaving);
        Thread thread = leaving.awaitTurn();
        seat.leave();
        assertThat(leaving.ended.get(WAIT_SECONDS_MAX, TimeUnit.SECONDS)).isSameAs(thread);
        assertThat(leaving.turns).isEmpty();
    }

    @Test
    void closingEndsEverybody() throws Exception {
        Noting one = new Noting();
        Noting other = new Noting();
        loop.seat(one);
        loop.seat(other);
        loop.close();
        one.ended.get(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
        other.ended.get(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
    }
}
