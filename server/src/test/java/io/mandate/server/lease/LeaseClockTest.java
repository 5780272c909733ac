package io.mandate.server.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.keyspace.api.Command.Expiry;
import io.mandate.keyspace.api.Lease;
import io.mandate.server.lease.LeaseClock.State;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class LeaseClockTest {
    private static final long MILLI = 1_000_000;

    private final LeaseClock clock = new LeaseClock();

    private void start(long leaseId, long ttlMillis, long nowMillis) {
        clock.start(new Lease(leaseId, ttlMillis, leaseId * 10), nowMillis * MILLI);
    }

    private State renew(long leaseId, long ttlMillis, long nowMillis) {
        return clock.renew(new Lease(leaseId, ttlMillis, leaseId * 10), nowMillis * MILLI);
    }

    private LeaseTime time(long leaseId, long ttlMillis, long nowMillis) {
        return clock.time(new Lease(leaseId, ttlMillis, leaseId * 10), nowMillis * MILLI);
    }

    /** Makes due leases expiring; returns their ids. */
    private List<Long> due(long cutoffMillis, int max) {
        List<Long> due = new ArrayList<>();
        for (Expiry first = clock.firstDue(cutoffMillis * MILLI);
                first != null && due.size() < max;
                first = clock.firstDue(cutoffMillis * MILLI)) {
            clock.expireFirst();
            due.add(first.leaseId());
        }
        return due;
    }

    @Test
    void aLeaseIsDueAFullTtlAfterItsStartAndNotBefore() {
        start(1, 100, 50);
        assertThat(clock.nextDueNanos()).isEqualTo(150 * MILLI);
        assertThat(due(149, 10)).isEmpty();
        assertThat(clock.firstDue(150 * MILLI)).isEqualTo(new Expiry(1, 10));
    }

    @Test
    void aRenewalMovesTheDeadlineToAFullTtlFromNow() {
        start(1, 100, 0);
        assertThat(renew(1, 100, 90)).isEqualTo(State.RUNNING);
        assertThat(due(189, 10)).isEmpty();
        assertThat(time(1, 100, 100)).isEqualTo(new LeaseTime(90, 100));
        assertThat(due(190, 10)).containsExactly(1L);
    }

    @Test
    void anUnknownLeaseStartsWhenItIsFirstRequested() {
        assertThat(renew(1, 100, 50)).isEqualTo(State.RUNNING);
        assertThat(time(2, 200, 50)).isEqualTo(new LeaseTime(200, 200));
        start(1, 100, 60);
        assertThat(due(149, 10)).isEmpty();
        assertThat(due(150, 10))
                .as("the late notification of its grant has no effect")
                .containsExactly(1L);
        assertThat(due(250, 10)).containsExactly(2L);
    }

    @Test
    void aQueryOfTheRemainingTimeDoesNotRenew() {
        start(1, 100, 0);
        assertThat(time(1, 100, 90)).isEqualTo(new LeaseTime(10, 100));
        assertThat(due(100, 10)).containsExactly(1L);
        assertThat(time(1, 100, 110)).isEqualTo(new LeaseTime(0, 100));
    }

    @Test
    void anExpiringLeaseIsNotRenewedUntilItIsReinstated() {
        start(1, 100, 0);
        due(100, 10);
        assertThat(renew(1, 100, 101)).isEqualTo(State.EXPIRING);
        assertThat(due(1_000, 10)).as("it is returned once").isEmpty();
        clock.reinstate(new Expiry(1, 10));
        assertThat(clock.nextDueNanos()).as("its deadline is unchanged").isEqualTo(100 * MILLI);
        assertThat(renew(1, 100, 101)).isEqualTo(State.RUNNING);
        assertThat(due(200, 10)).isEmpty();
        assertThat(due(201, 10)).containsExactly(1L);
    }

    @Test
    void theExpiryOfAnEarlierGrantDoesNotAffectALaterOne() {
        clock.start(new Lease(1, 100, 8), 0);
        due(100, 10);
        clock.reinstate(new Expiry(1, 7));
        clock.end(new Expiry(1, 7));
        assertThat(clock.renew(new Lease(1, 100, 8), 0)).isEqualTo(State.EXPIRING);
        clock.end(new Expiry(1, 8));
        assertThat(clock.size()).isZero();
    }

    @Test
    void anEndedLeaseIsRemovedEvenWhileExpiring() {
        start(1, 100, 0);
        start(2, 100, 0);
        due(100, 1);
        clock.end(1);
        clock.end(2);
        clock.end(3);
        clock.reinstate(new Expiry(1, 10));
        assertThat(clock.size()).isZero();
        assertThat(clock.nextDueNanos()).isEqualTo(Long.MAX_VALUE);
        assertThat(due(1_000, 10)).isEmpty();
    }

    @Test
    void aRegrantedLeaseHasOnlyItsNewDeadline() {
        start(1, 100, 0);
        clock.start(new Lease(1, 500, 77), 50 * MILLI);
        assertThat(due(549, 10)).isEmpty();
        assertThat(due(550, 10)).containsExactly(1L);
    }

    @Test
    void leasesAreDueInTheOrderOfTheirDeadlines() {
        start(1, 300, 0);
        start(2, 100, 0);
        start(3, 200, 0);
        assertThat(due(1_000, 2)).containsExactly(2L, 3L);
        assertThat(due(1_000, 2)).containsExactly(1L);
    }

    @Test
    void aPostponedLeaseIsDueAfterThePostponement() {
        start(1, 100, 0);
        start(2, 101, 0);
        assertThat(clock.firstDue(101 * MILLI)).isEqualTo(new Expiry(1, 10));
        clock.postponeFirst(110 * MILLI);
        assertThat(due(109, 10)).containsExactly(2L);
        assertThat(due(110, 10)).containsExactly(1L);
        clock.reinstate(new Expiry(1, 10));
        assertThat(clock.firstDue(200 * MILLI)).isEqualTo(new Expiry(1, 10));
        clock.postponeFirst(210 * MILLI);
        assertThat(renew(1, 100, 200)).isEqualTo(State.RUNNING);
        assertThat(due(299, 10)).isEmpty();
        assertThat(due(300, 10)).containsExactly(1L);
    }

    @Test
    void theLongestTtlDoesNotOverflow() {
        start(1, Long.MAX_VALUE, 1_000);
        start(2, 9_000_000_000_000L, Long.MAX_VALUE / MILLI / 2);
        assertThat(due(1_000_000_000, 10)).isEmpty();
        assertThat(time(2, 9_000_000_000_000L, Long.MAX_VALUE / MILLI / 2).remainingMillis())
                .isPositive();
    }

    @Test
    void slotsOfEndedLeasesAreReused() {
        start(1, 1_000_000, 0);
        for (int i = 2; i < 100_000; i++) {
            start(i, 1_000_000, 0);
            clock.end(i);
        }
        assertThat(clock.size()).isEqualTo(1);
        assertThat(clock.slots()).isLessThan(100);
        assertThat(due(1_000_000, 10)).containsExactly(1L);
    }

    /** Compares the arrays, the index and the heap with a map and a scan. */
    @Test
    void theClockAgreesWithAModelMadeOfAMap() {
        for (long seed = 0; seed < 50; seed++) {
            Random random = new Random(seed);
            LeaseClock tested = new LeaseClock();
            Map<Long, Long> deadlines = new TreeMap<>();
            long now = 0;
            for (int step = 0; step < 3_000; step++) {
                now += random.nextInt(3);
                long id = (long) random.nextInt(400) << (random.nextInt(3) * 20);
                Lease lease = new Lease(id, 1 + random.nextInt(200), 1);
                switch (random.nextInt(5)) {
                    case 0 -> {
                        tested.end(id);
                        deadlines.remove(id);
                    }
                    case 1 -> {
                        long cutoff = now;
                        Long first =
                                deadlines.values().stream().min(Long::compare).orElse(Long.MAX_VALUE);
                        assertThat(tested.nextDueNanos())
                                .as("seed %d", seed)
                                .isEqualTo(first == Long.MAX_VALUE ? first : first * MILLI);
                        for (Expiry due = tested.firstDue(cutoff * MILLI);
                                due != null;
                                due = tested.firstDue(cutoff * MILLI)) {
                            assertThat(deadlines.remove(due.leaseId()))
                                    .as("seed %d", seed)
                                    .isLessThanOrEqualTo(cutoff);
                            tested.expireFirst();
                            tested.end(due);
                        }
                        assertThat(deadlines.values()).as("seed %d", seed).allMatch(deadline -> deadline > cutoff);
                    }
                    default -> {
                        tested.renew(lease, now * MILLI);
                        long ttl = tested.time(lease, now * MILLI).remainingMillis();
                        deadlines.put(id, now + ttl);
                    }
                }
                assertThat(tested.size()).as("seed %d", seed).isEqualTo(deadlines.size());
            }
        }
    }
}
