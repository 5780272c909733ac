package io.mandate.server.raft.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SerialExecutorTest {
    private static final int WAIT_SECONDS_MAX = 20;

    private final AtomicInteger uncaught = new AtomicInteger();
    private final ExecutorService threads = Executors.newFixedThreadPool(4, task -> {
        Thread thread = new Thread(task, "test-serial");
        thread.setUncaughtExceptionHandler((ended, bug) -> uncaught.incrementAndGet());
        return thread;
    });
    private final SerialExecutor serial = new SerialExecutor(threads);

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    @Test
    void tasksRunInOrderWithoutOverlap() throws Exception {
        int tasks = 20_000;
        List<Integer> order = new ArrayList<>(); // not thread-safe: overlapping tasks would be detected
        AtomicBoolean running = new AtomicBoolean();
        AtomicInteger overlaps = new AtomicInteger();
        CountDownLatch done = new CountDownLatch(tasks);
        for (int i = 0; i < tasks; i++) {
            int number = i;
            serial.execute(() -> {
                overlaps.addAndGet(running.compareAndSet(false, true) ? 0 : 1);
                order.add(number);
                running.set(false);
                done.countDown();
            });
        }
        assertThat(done.await(WAIT_SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
        assertThat(overlaps).hasValue(0);
        assertThat(order).hasSize(tasks).isSorted();
    }

    @Test
    void aBlockedTaskDelaysOnlyItsOwnExecutor() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch behind = new CountDownLatch(1);
        CountDownLatch other = new CountDownLatch(1);
        serial.execute(() -> {
            try {
                release.await();
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
        });
        serial.execute(behind::countDown);
        new SerialExecutor(threads).execute(other::countDown);
        assertThat(other.await(WAIT_SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
        assertThat(behind.getCount()).isOne();
        release.countDown();
        assertThat(behind.await(WAIT_SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aTaskThatThrowsIsReportedAndLaterTasksRun() throws Exception {
        CountDownLatch done = new CountDownLatch(1);
        serial.execute(() -> {
            throw new IllegalStateException("planted");
        });
        serial.execute(done::countDown);
        assertThat(done.await(WAIT_SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
        assertThat(uncaught).hasValue(1);
    }
}
