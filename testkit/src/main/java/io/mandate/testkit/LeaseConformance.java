package io.mandate.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.mandate.election.store.CasResult;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseGrant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * What is promised of leases. A lease may end late, so nothing here says when it must have ended but {@link #patience};
 * it may not end early, by the clock of the test, which counts from before the request was sent. The machine may be
 * slow: a test whose lease ended because the test was too late says so and is aborted.
 */
abstract class LeaseConformance extends KeyConformance {
    private static long millisSince(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
    }

    /** A lease that is not there was ended by the store too early, or rightly because the test was too slow. */
    private static void judgeEnd(long sentNanos, long ttlMillis, String what) {
        long passedMillis = millisSince(sentNanos);
        if (passedMillis < ttlMillis) {
            fail(what + " " + passedMillis + " ms after it was promised for " + ttlMillis + " ms");
        }
        Assumptions.abort("this machine was too slow to keep a lease of " + ttlMillis + " ms");
    }

    void createInTime(String name, LeaseGrant grant, long sentNanos) {
        CasResult swap = get(store.compareAndSet(prefix + name, 0, "value of " + name, grant.leaseId()));
        if (swap instanceof CasResult.NoSuchLease) {
            judgeEnd(sentNanos, grant.ttlMillis(), "the lease was gone");
        }
        written(swap);
    }

    @Test
    void aLeaseIsGrantedForNoShorterThanAskedAndHasAnIdOfItsOwn() {
        LeaseGrant one = get(store.grant(longTtlMillis()));
        LeaseGrant two = get(other.grant(longTtlMillis()));

        assertThat(one.leaseId()).isNotZero().isNotEqualTo(two.leaseId());
        assertThat(two.leaseId()).isNotZero();
        assertThat(one.ttlMillis()).isGreaterThanOrEqualTo(longTtlMillis());
        assertThat(get(other.renew(one.leaseId())))
                .hasValueSatisfying(ttl -> assertThat(ttl).isGreaterThanOrEqualTo(longTtlMillis()));
    }

    @Test
    void aKeyNamesItsLease() {
        long leaseId = longLease();
        Entry entry = create("k", leaseId);

        assertThat(entry.leaseId()).isEqualTo(leaseId);
        assertThat(get(other.read(entry.key()))).contains(entry);
        assertThat(get(other.list(prefix, 1))).containsExactly(entry);
    }

    @Test
    void aLeaseEndsWithItsKeysAndNotBeforeItsTime() {
        long sentNanos = System.nanoTime();
        LeaseGrant grant = get(store.grant(ttlMillis()));
        createInTime("k", grant, sentNanos);

        eventually("the key of a lease that is not renewed is gone", () -> !isThere("k"));

        assertThat(millisSince(sentNanos)).as("lifetime in ms").isGreaterThanOrEqualTo(grant.ttlMillis());
        assertThat(names(store, "")).isEmpty();
        assertItHasEnded(grant.leaseId());
    }

    @Test
    void aRenewalIsForTheWholeTimeAgain() {
        long sentNanos = System.nanoTime();
        long ttlMillis = ttlMillis();
        LeaseGrant grant = get(store.grant(ttlMillis));
        createInTime("k", grant, sentNanos);
        long leaseId = grant.leaseId();
        long beganNanos = sentNanos;
        while (millisSince(beganNanos) < 2 * ttlMillis) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(ttlMillis) / 5);
            long nextNanos = System.nanoTime();
            if (get(store.renew(leaseId)).isEmpty()) {
                judgeEnd(sentNanos, ttlMillis, "a renewal was refused");
            }
            sentNanos = nextNanos;
            if (!isThere("k")) {
                judgeEnd(sentNanos, ttlMillis, "the key of a renewed lease was gone");
            }
        }

        eventually("the key of a lease that is not renewed any more is gone", () -> !isThere("k"));

        assertThat(millisSince(sentNanos)).as("lifetime in ms").isGreaterThanOrEqualTo(ttlMillis);
    }

    @Test
    void aLeaseThatIsReadOftenEndsAllTheSame() {
        long sentNanos = System.nanoTime();
        LeaseGrant grant = get(store.grant(ttlMillis()));
        createInTime("k", grant, sentNanos);

        eventually(
                "a lease is not kept by those who look at its keys",
                () -> names(other, "").isEmpty());

        assertItHasEnded(grant.leaseId());
    }

    private void assertItHasEnded(long leaseId) {
        for (int i = 0; i < 3; i++) {
            assertThat(get(store.renew(leaseId)))
                    .as("renewal of an ended lease")
                    .isEqualTo(Optional.empty());
            assertThat(get(other.renew(leaseId)))
                    .as("renewal of an ended lease")
                    .isEqualTo(Optional.empty());
        }
        assertThat(get(store.compareAndSet(prefix + "late", 0, "v", leaseId))).isEqualTo(new CasResult.NoSuchLease());
        assertThat(isThere("late")).isFalse();
    }

    @Test
    void aLeaseThatIsRevokedEndsWithAllItsKeysAndNoOthers() {
        long leaseId = longLease();
        create("a", leaseId);
        create("b", leaseId);
        create("d/c", leaseId);
        create("kept");
        create("another", longLease());

        get(other.revoke(leaseId));

        assertThat(names(store, "")).containsExactly("kept", "another");
        assertThat(get(store.read(prefix + "a"))).isEmpty();
        assertItHasEnded(leaseId);
    }

    @Test
    void aLeaseMayBeRevokedTwice() {
        long leaseId = longLease();
        get(store.revoke(leaseId));
        get(store.revoke(leaseId));
        get(other.revoke(leaseId));

        assertItHasEnded(leaseId);
    }

    @Test
    void aKeyOnALeaseThatHasEndedIsNotReplacedEither() {
        Entry entry = create("k");
        long leaseId = longLease();
        get(store.revoke(leaseId));

        assertThat(get(store.compareAndSet(entry.key(), entry.version(), "mine", leaseId)))
                .isEqualTo(new CasResult.NoSuchLease());
        assertThat(get(other.read(entry.key()))).contains(entry);
    }

    @Test
    void aKeyMadeAnewAfterItsLeaseHasALargerCreationAndStays() {
        long leaseId = longLease();
        Entry first = create("e/k", leaseId);
        get(store.revoke(leaseId));
        Entry second = create("e/k");
        get(store.revoke(leaseId));

        assertThat(second.creation()).isGreaterThan(first.creation());
        assertThat(second.version()).isNotEqualTo(first.version());
        assertThat(get(other.read(second.key()))).contains(second);
    }

    @Test
    void aKeyBelongsToTheLeaseItWasLastWrittenWith() {
        long first = longLease();
        long second = longLease();
        replace(create("moved", first), "moved", second);
        replace(create("freed", first), "freed", 0);

        get(store.revoke(first));
        assertThat(names(other, "")).containsExactly("moved", "freed");
        get(store.revoke(second));
        assertThat(names(other, "")).containsExactly("freed");
    }

    @Test
    void aKeyThatIsDeletedDoesNotEndItsLease() {
        long leaseId = longLease();
        Entry entry = create("k", leaseId);
        get(store.delete(entry.key(), entry.creation()));

        assertThat(get(store.renew(leaseId))).isPresent();
        create("k", leaseId);
    }

    @Test
    void aLeaseOutlivesTheConnectionItWasGrantedOn() throws Exception {
        long leaseId = longLease();
        create("k", leaseId);
        store.close();

        assertThat(isThere("k")).isTrue();
        assertThat(get(other.renew(leaseId))).isPresent();
    }
}
