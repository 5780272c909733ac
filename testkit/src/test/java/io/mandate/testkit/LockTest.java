package io.mandate.testkit;

import static io.mandate.testkit.VirtualCandidates.NAME;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.election.DistributedLock;
import io.mandate.election.ElectionBuilder;
import io.mandate.election.LockHandle;
import io.mandate.election.TermEnd;
import io.mandate.election.TermEndedException;
import io.mandate.election.store.Entry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What users of a lock see of it, in virtual time; for the calls that wait see {@link LockWaitTest}. */
class LockTest {
    /** More than happen from asking for the lock until the future has it. */
    private static final int EVENTS = 40;

    private static final Duration REQUEST_MAX = Duration.ofMillis(20);

    private VirtualCandidates world = new VirtualCandidates();
    private final List<DistributedLock> locks = new ArrayList<>();

    @AfterEach
    void close() {
        locks.forEach(DistributedLock::closeAsync);
        world.time.runFor(Duration.ofMinutes(1));
    }

    private DistributedLock lock(String process) {
        return lock(world.describe(process));
    }

    private DistributedLock lock(ElectionBuilder described) {
        DistributedLock lock = described.lock();
        locks.add(lock);
        return lock;
    }

    private List<Entry> queue() {
        return world.store.entries(NAME + "/");
    }

    private CompletableFuture<LockHandle> queuedUp(DistributedLock lock) {
        int before = queue().size();
        CompletableFuture<LockHandle> acquiring = lock.acquireAsync();
        assertThat(world.time.runUntil(() -> queue().size() > before, Duration.ofSeconds(1)))
                .isTrue();
        return acquiring;
    }

    @Test
    void firstComeFirstServedAcrossProcesses() {
        DistributedLock one = lock("one");
        DistributedLock two = lock("two");
        List<CompletableFuture<LockHandle>> acquiring = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            acquiring.add(queuedUp(i % 3 == 0 ? one : two));
        }
        long token = 0;
        for (int i = 0; i < 10; i++) {
            LockHandle held = world.soon(acquiring.get(i));
            assertThat(held.term().token()).isGreaterThan(token);
            token = held.term().token();
            world.time.runFor(Duration.ofMillis(200));
            assertThat(acquiring.subList(i + 1, 10)).noneMatch(CompletableFuture::isDone);
            world.soon(held.unlock());
        }
        assertThat(queue()).isEmpty();
    }

    @Test
    void aLockThatIsLostWhileHeldSaysSoAndGoesToTheNext() {
        DistributedLock one = lock("one");
        LockHandle lost = world.soon(one.acquireAsync());
        CompletableFuture<LockHandle> waiting = queuedUp(lock("two"));
        world.store.operatorRevokes(queue().get(0).leaseId());
        assertThat(world.soon(lost.term().ended())).isIn(TermEnd.REVOKED, TermEnd.SUPERSEDED);
        assertThatThrownBy(() -> lost.term().requireValid(Duration.ZERO)).isInstanceOf(TermEndedException.class);
        LockHandle next = world.soon(waiting);
        assertThat(next.term().token()).isGreaterThan(lost.term().token());
        world.soon(lost.unlock());
        assertThat(next.term().remaining()).isPositive();
        world.soon(next.unlock());
        world.soon(world.soon(one.acquireAsync()).unlock());
    }

    @Test
    void whoIsClosedWhileItWaitsIsToldAndLeavesTheQueue() {
        LockHandle held = world.soon(lock("one").acquireAsync());
        DistributedLock two = lock("two");
        CompletableFuture<LockHandle> waiting = queuedUp(two);
        world.soon(two.closeAsync());
        assertThat(waiting).isCancelled();
        assertThat(queue()).hasSize(1);
        assertThat(world.store.leases()).hasSize(1);
        assertThatThrownBy(two::acquireAsync)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("lock e is closed");
        world.soon(two.closeAsync());
        held.unlock();
    }

    @Test
    void whatIsHeldWhenTheLockIsClosedIsHeldUntilItIsUnlocked() {
        DistributedLock one = lock("one");
        LockHandle held = world.soon(one.acquireAsync());
        world.soon(one.closeAsync());
        world.time.runFor(VirtualCandidates.DRAIN_TIMEOUT.multipliedBy(2));
        held.term().requireValid(Duration.ZERO);
        assertThatThrownBy(() -> held.term().requireValid(Duration.ofSeconds(Long.MAX_VALUE)))
                .isInstanceOf(TermEndedException.class)
                .hasMessageContaining("sooner than the PT2562047788015215H30M7S asked for");
        held.unlock();
        world.time.runFor(Duration.ofSeconds(1));
        assertThat(queue()).isEmpty();
        assertThat(world.store.leases()).as("the lease is given back").isEmpty();
    }

    /** By {@code get} with a time-out, which is not seen by anybody. */
    @Test
    void whatNobodyTookIsUnlockedByCloseWhereverTheGrantIsJustThen() {
        boolean heldOnce = false;
        for (int events = 0; events <= EVENTS; events++) {
            world = new VirtualCandidates();
            DistributedLock lock = world.describe("one").lock();
            CompletableFuture<LockHandle> ignored = lock.acquireAsync();
            world.step(events);
            heldOnce |= ignored.isDone();
            world.await(lock.closeAsync(), Duration.ofSeconds(1));
            assertThat(queue()).as("after %d events", events).isEmpty();
            assertThat(ignored).isCancelled();
        }
        assertThat(heldOnce).isTrue();
    }

    @Test
    void whoGivesUpHoldsNothingWhereverTheGrantIsJustThen() {
        for (int events = 0; events <= 2 * EVENTS; events++) {
            world = new VirtualCandidates();
            DistributedLock lock = world.describe("one").lock();
            CompletableFuture<LockHandle> late = lock.acquireAsync();
            world.step(events / 2);
            boolean timesOut = events % 2 == 0 && late.completeExceptionally(new TimeoutException());
            assertThat(timesOut || late.cancel(false)).isTrue();
            LockHandle again = world.soon(lock.acquireAsync());
            world.soon(again.unlock());
            world.await(lock.closeAsync(), Duration.ofSeconds(1));
        }
    }

    @Test
    void unlockingTakesOneRequestsTime() {
        world.store.faults(StoreFaults.NONE.withLatency(REQUEST_MAX.toNanos() / 2));
        // The workers' delay comes on top of it, twice.
        long boundNanos = REQUEST_MAX.plusMillis(10).toNanos();
        DistributedLock lock = lock("one");
        for (int i = 0; i < 20; i++) {
            LockHandle held = world.soon(lock.acquireAsync());
            long fromNanos = world.time.nanos();
            world.soon(held.unlock());
            assertThat(world.time.nanos() - fromNanos).isLessThanOrEqualTo(boundNanos);
        }
    }

    @Test
    void locksKeepNoHistory() {
        DistributedLock lock = lock(world.describe("one").historyLength(10));
        world.soon(world.soon(lock.acquireAsync()).unlock());
        world.time.runFor(Duration.ofSeconds(1));
        assertThat(world.store.entries("mandate/history/")).isEmpty();
    }

    @Test
    void aBuilderThatDescribesAnotherLockLeavesTheFirstAsItWas() {
        ElectionBuilder builder = world.describe("one");
        DistributedLock e = lock(builder);
        DistributedLock f = lock(builder.name("f").candidate("other").priority(3));
        LockHandle ofE = world.soon(e.acquireAsync());
        LockHandle ofF = world.soon(f.acquireAsync());
        assertThat(List.of(ofE.term().election(), ofE.term().candidate())).containsExactly("e", "one");
        assertThat(List.of(ofF.term().election(), ofF.term().candidate())).containsExactly("f", "other");
        ofE.unlock();
        ofF.unlock();
    }
}
