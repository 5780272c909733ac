package io.mandate.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.election.CandidateClosedException;
import io.mandate.election.DistributedLock;
import io.mandate.election.Election;
import io.mandate.election.LockHandle;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseStore;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The calls of a lock that wait, with real threads. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LockWaitTest {
    private InMemoryStore server;
    private LeaseStore store;
    private DistributedLock lock;
    private DistributedLock other;

    @BeforeEach
    void open() {
        server = SimulatedStore.inMemory();
        store = server.connect();
        lock = of(store);
        other = of(server);
    }

    private static DistributedLock of(LeaseStore store) {
        return Election.on(store).name("door").ttl(Duration.ofSeconds(5)).lock();
    }

    @AfterEach
    void close() {
        lock.close();
        other.close();
        store.close();
        server.close();
    }

    private List<Entry> queue() throws Exception {
        return server.list("door/", 100).toCompletableFuture().get();
    }

    private void awaitQueue(int length) throws Exception {
        while (queue().size() != length) {
            LockSupport.parkNanos(1_000_000);
        }
    }

    private static <V> FutureTask<V> onAThread(Callable<V> call) {
        FutureTask<V> task = new FutureTask<>(call);
        new Thread(task).start();
        return task;
    }

    @Test
    void acquireWaitsUntilTheLockIsUnlocked() throws Exception {
        LockHandle held = lock.acquire();
        FutureTask<LockHandle> waiting = onAThread(other::acquire);
        awaitQueue(2);
        assertThat(waiting.isDone()).isFalse();
        held.close();
        try (LockHandle next = waiting.get()) {
            assertThat(next.term().token()).isGreaterThan(held.term().token());
        }
        assertThat(queue()).isEmpty();
    }

    @Test
    void threadsOfOneProcessExcludeEachOther() throws Exception {
        try (LockHandle held = lock.acquire()) {
            assertThat(lock.tryAcquire()).isEmpty();
            assertThat(held.term().remaining()).isPositive();
        }
    }

    @Test
    void tryAcquireTakesAFreeLockAndNoOther() throws Exception {
        try (LockHandle held = lock.tryAcquire().orElseThrow()) {
            assertThat(other.tryAcquire()).isEmpty();
            assertThat(held.term().remaining()).isPositive();
        }
        assertThat(other.tryAcquire()).hasValueSatisfying(LockHandle::close);
    }

    @Test
    void tryAcquireWithPatienceGivesUpAndLeavesTheQueue() throws Exception {
        try (LockHandle held = lock.acquire()) {
            assertThat(other.tryAcquire(Duration.ofMillis(20))).isEmpty();
            awaitQueue(1);
            assertThat(held.term().remaining()).isPositive();
        }
    }

    @Test
    void tryAcquireWithPatienceWaits() throws Exception {
        LockHandle held = lock.acquire();
        // Longer than nanoseconds count.
        FutureTask<Optional<LockHandle>> waiting =
                onAThread(() -> other.tryAcquire(Duration.ofSeconds(Long.MAX_VALUE)));
        awaitQueue(2);
        held.close();
        assertThat(waiting.get()).hasValueSatisfying(LockHandle::close);
    }

    @Test
    void withoutPatienceAFreeLockIsTakenAllTheSame() throws Exception {
        assertThat(lock.tryAcquire(Duration.ZERO)).hasValueSatisfying(LockHandle::close);
        assertThat(lock.tryAcquire(Duration.ofSeconds(-1))).hasValueSatisfying(LockHandle::close);
        try (LockHandle held = lock.acquire()) {
            assertThat(other.tryAcquire(Duration.ZERO)).isEmpty();
            assertThat(held.term().remaining()).isPositive();
        }
    }

    /** However the grant and the end of the patience fall. */
    @Test
    void whoGivesUpAtTheMomentOfTheGrantHoldsNothing() throws Exception {
        for (int i = 0; i < 200; i++) {
            lock.tryAcquire(Duration.ofNanos(i * 10_000L)).ifPresent(LockHandle::close);
        }
        awaitQueue(0);
        lock.acquire().close();
    }

    @Test
    void anInterruptedThreadDoesNotHoldTheLock() throws Exception {
        LockHandle held = lock.acquire();
        for (Callable<?> call : List.<Callable<?>>of(other::acquire, () -> other.tryAcquire(Duration.ofDays(1)))) {
            CompletableFuture<Throwable> thrown = new CompletableFuture<>();
            Thread waiting = new Thread(() -> {
                try {
                    call.call();
                } catch (Throwable interrupted) {
                    thrown.complete(interrupted);
                }
            });
            waiting.start();
            awaitQueue(2);
            waiting.interrupt();
            assertThat(thrown.get(20, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
            awaitQueue(1);
        }
        held.close();
        awaitQueue(0);
    }

    @Test
    void whoIsInterruptedBeforeItAsksDoesNotHoldTheLock() throws Exception {
        Thread.currentThread().interrupt();
        assertThatThrownBy(lock::tryAcquire).isInstanceOf(InterruptedException.class);
        awaitQueue(0);
    }

    @Test
    void whoWaitsWhenTheLockIsClosedIsToldSo() throws Exception {
        try (LockHandle held = other.acquire()) {
            for (Callable<?> call : List.<Callable<?>>of(lock::acquire, () -> lock.tryAcquire(Duration.ofDays(1)))) {
                FutureTask<?> waiting = onAThread(call);
                awaitQueue(2);
                lock.close();
                assertThatThrownBy(waiting::get)
                        .hasCauseInstanceOf(CandidateClosedException.class)
                        .hasMessageContaining("lock door was closed while a thread waited for it");
                assertThat(queue()).hasSize(1);
                lock = of(store);
            }
            assertThat(held.term().remaining()).isPositive();
        }
    }

    @Test
    void aClosedLockIsRefused() throws Exception {
        lock.close();
        lock.close();
        assertThatThrownBy(lock::acquire)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("is closed");
        assertThatThrownBy(lock::tryAcquire).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> lock.tryAcquire(Duration.ofDays(1))).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void unlockingTwiceUnlocksOnce() throws Exception {
        LockHandle held = lock.acquire();
        held.close();
        try (LockHandle next = other.acquire()) {
            held.close();
            next.term().requireValid(Duration.ZERO);
            assertThat(queue()).hasSize(1);
        }
    }
}
