package io.mandate.server.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.keyspace.Command.Expiry;
import io.mandate.keyspace.Lease;
import io.mandate.server.lease.LeaseClock.State;
import java.util.List;
import org.junit.jupiter.api.Test;

class LeaseClockTest {
    private static final long MILLI = 1_000_000;

    private final LeaseClock clock = new LeaseClock();

    private void start(long leaseId, long ttlMillis, long nowMillis) {
        clock.start(new Lease(leaseId, ttlMillis, leaseId * 10), nowMillis * MILLI);
    }

    private List<Long> due(long cutoffMillis, int max) {
        return clock.takeDue(cutoffMillis * MILLI, max, id -> false).stream()
                .map(Expiry::leaseId)
                .toList();
    }

    @Test
    void aLeaseIsDueAFullTtlAfterItsStartAndNotBefore() {
        start(1, 100, 50);
        assertThat(clock.nextDueNanos()).hasValue(150 * MILLI);
        assertThat(due(149, 10)).isEmpty();
        assertThat(clock.takeDue(150 * MILLI, 10, id -> false)).containsExactly(new Expiry(1, 10));
    }

    @Test
    void aRenewalMovesTheDeadlineToAFullTtlFromNow() {
        start(1, 100, 0);
        assertThat(clock.renew(1, 90 * MILLI)).isEqualTo(State.RUNNING);
        assertThat(due(189, 10)).isEmpty();
        assertThat(clock.time(1, 100 * MILLI)).isEqualTo(new LeaseTime(90, 100));
        assertThat(due(190, 10)).containsExactly(1L);
    }

    @Test
    void anUnknownLeaseIsAbsentAndGone() {
        assertThat(clock.renew(1, 0)).isEqualTo(State.ABSENT);
        assertThat(clock.time(1, 0)).isEqualTo(LeaseTime.GONE);
        assertThat(clock.time(1, 0).isGone()).isTrue();
    }

    @Test
    void anExpiringLeaseIsNotRenewedUnlessItsExpiryComesBack() {
        start(1, 100, 0);
        due(100, 10);
        assertThat(clock.renew(1, 101 * MILLI)).isEqualTo(State.EXPIRING);
        assertThat(due(1_000, 10)).as("not twice").isEmpty();
        clock.notExpired(new Expiry(1, 10));
        assertThat(clock.nextDueNanos()).as("due as it was").hasValue(100 * MILLI);
        assertThat(clock.renew(1, 101 * MILLI)).isEqualTo(State.RUNNING);
        assertThat(due(200, 10)).isEmpty();
        assertThat(due(201, 10)).containsExactly(1L);
    }

    @Test
    void theExpiryOfAnEarlierGrantSaysNothingAboutALaterOne() {
        clock.start(new Lease(1, 100, 8), 0);
        due(100, 10);
        clock.notExpired(new Expiry(1, 7));
        assertThat(clock.renew(1, 0)).isEqualTo(State.EXPIRING);
    }

    @Test
    void anEndedLeaseIsForgottenEvenWhileExpiring() {
        start(1, 100, 0);
        start(2, 100, 0);
        clock.takeDue(100 * MILLI, 1, id -> false);
        clock.end(1);
        clock.end(2);
        clock.end(3);
        clock.notExpired(new Expiry(1, 10));
        assertThat(clock.size()).isZero();
        assertThat(clock.nextDueNanos()).isEmpty();
        assertThat(due(1_000, 10)).isEmpty();
    }

    @Test
    void aLeaseStartedAnewHasItsNewDeadlineOnly() {
        start(1, 100, 0);
        start(1, 500, 50);
        assertThat(due(549, 10)).isEmpty();
        assertThat(due(550, 10)).containsExactly(1L);
    }

    @Test
    void theLongestDueComeFirstAndNoMoreThanAskedFor() {
        start(1, 300, 0);
        start(2, 100, 0);
        start(3, 200, 0);
        assertThat(due(1_000, 2)).containsExactly(2L, 3L);
        assertThat(due(1_000, 2)).containsExactly(1L);
    }

    @Test
    void aSparedLeaseStaysDue() {
        start(1, 100, 0);
        start(2, 100, 0);
        assertThat(clock.takeDue(100 * MILLI, 10, id -> id == 1)).containsExactly(new Expiry(2, 20));
        assertThat(clock.renew(1, 100 * MILLI)).isEqualTo(State.RUNNING);
        assertThat(clock.nextDueNanos()).hasValue(200 * MILLI);
    }

    @Test
    void theLongestTtlDoesNotOverflow() {
        start(1, Long.MAX_VALUE, 1_000);
        start(2, 9_000_000_000_000L, Long.MAX_VALUE / MILLI / 2);
        assertThat(due(1_000_000_000, 10)).isEmpty();
        assertThat(clock.time(2, Long.MAX_VALUE / 2).remainingMillis()).isPositive();
    }

    @Test
    void leasesThatEndedLongBeforeTheirTimeDoNotPileUp() {
        start(1, 1_000_000, 0);
        for (int i = 2; i < 100_000; i++) {
            start(i, 1_000_000, 0);
            clock.end(i);
        }
        assertThat(clock.size()).isEqualTo(1);
        assertThat(clock.queued()).isLessThan(2_000);
        assertThat(due(1_000_000, 10)).containsExactly(1L);
    }
}
