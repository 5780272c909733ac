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

    private final SharedEventLoop loop = SharedEventLoop.start("test-loop");

    @AfterEach
    void close() {
        loop.close();
    }

    /** Records its runs; idle for {@link #idleNanos} after each. */
    private static final class RecordingWorker implements SharedEventLoop.Worker {
        final BlockingQueue<Thread> runs = new LinkedBlockingQueue<>();
        final CompletableFuture<Throwable> failed = new CompletableFuture<>();
        final CompletableFuture<Thread> ended = new CompletableFuture<>();
        volatile long idleNanos = Long.MAX_VALUE;
        volatile boolean broken;

        @Override
        public void run() {
            runs.add(Thread.currentThread());
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

        Thread awaitRun() throws InterruptedException {
            Thread thread = runs.poll(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
            assertThat(thread).as("a run").isNotNull();
            return thread;
        }
    }

    @Test
    void allWorkersRunOnOneThread() throws Exception {
        RecordingWorker one = new RecordingWorker();
        RecordingWorker other = new RecordingWorker();
        loop.register(one);
        loop.register(other);
        assertThat(one.awaitRun()).isSameAs(other.awaitRun()).isNotSameAs(Thread.currentThread());
    }

    @Test
    void onlyTheWokenWorkerRuns() throws Exception {
        RecordingWorker one = new RecordingWorker();
        RecordingWorker other = new RecordingWorker();
        SharedEventLoop.Registration registration = loop.register(one);
        loop.register(other);
        one.awaitRun();
        other.awaitRun();
        for (int wakes = 0; wakes < 1_000; wakes++) {
            registration.wake();
            one.awaitRun();
            one.runs.clear();
        }
        assertThat(other.runs).isEmpty();
    }

    @Test
    void aWorkerWithAnIdleTimeRunsWithoutBeingWoken() throws Exception {
        RecordingWorker timed = new RecordingWorker();
        timed.idleNanos = 1_000_000;
        loop.register(timed);
        for (int run = 0; run < 10; run++) {
            timed.awaitRun();
        }
    }

    @Test
    void aWorkerThatIsDueSoonRunsTogetherWithOneThatIsDue() throws Exception {
        RecordingWorker sooner = new RecordingWorker();
        RecordingWorker later = new RecordingWorker();
        sooner.idleNanos = 1_000_000;
        later.idleNanos = SharedEventLoop.COALESCE_NANOS;
        loop.register(later);
        loop.register(sooner);
        for (int run = 0; run < 10; run++) {
            sooner.awaitRun();
        }
        assertThat(later.runs).hasSizeGreaterThanOrEqualTo(9);
    }

    @Test
    void aWorkerThatThrowsEndsWithoutAffectingTheOthers() throws Exception {
        RecordingWorker broken = new RecordingWorker();
        broken.broken = true;
        RecordingWorker sound = new RecordingWorker();
        loop.register(broken);
        SharedEventLoop.Registration registration = loop.register(sound);
        assertThat(broken.failed.get(WAIT_SECONDS_MAX, TimeUnit.SECONDS)).hasMessage("planted");
        broken.ended.get(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
        sound.awaitRun();
        registration.wake();
        sound.awaitRun();
    }

    @Test
    void aDeregisteredWorkerIsNotifiedOnTheLoopThreadAndDoesNotRunAgain() throws Exception {
        RecordingWorker deregistered = new RecordingWorker();
        SharedEventLoop.Registration registration = loop.register(deregistered);
        Thread thread = deregistered.awaitRun();
        registration.deregister();
        assertThat(deregistered.ended.get(WAIT_SECONDS_MAX, TimeUnit.SECONDS)).isSameAs(thread);
        assertThat(deregistered.runs).isEmpty();
    }

    @Test
    void closingEndsAllWorkers() throws Exception {
        RecordingWorker one = new RecordingWorker();
        RecordingWorker other = new RecordingWorker();
        loop.register(one);
        loop.register(other);
        loop.close();
        one.ended.get(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
        other.ended.get(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
    }
}
