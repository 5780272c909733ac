package io.mandate.keyspace;

import static io.mandate.keyspace.Store.bytes;
import static io.mandate.keyspace.Store.delete;
import static io.mandate.keyspace.Store.deleted;
import static io.mandate.keyspace.Store.keyValue;
import static io.mandate.keyspace.Store.put;
import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.keyspace.api.Alarm;
import io.mandate.keyspace.api.Applied;
import io.mandate.keyspace.api.Command;
import io.mandate.keyspace.api.KeyValue;
import io.mandate.keyspace.api.Lease;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.Outcome.Refused.Reason;
import io.mandate.keyspace.api.Request;
import java.util.List;
import org.junit.jupiter.api.Test;

class LeaseTest {
    private final Store store = new Store();

    @Test
    void grantMakesALeaseAndSaysSo() {
        Applied applied = store.apply(new Command.LeaseGrant(-5, 250));

        Lease lease = store.keyspace.lease(-5).orElseThrow();
        assertThat(lease.ttlMillis()).isEqualTo(250);
        assertThat(applied.outcome()).isEqualTo(new Outcome.Granted(1, -5, 250));
        assertThat(applied.leaseChanges()).containsExactly(new Applied.LeaseStarted(lease));
        assertThat(store.keyspace.leases()).containsExactly(lease);
        assertThat(store.outcome(new Command.LeaseGrant(-5, 9))).isEqualTo(refused(1, Reason.LEASE_EXISTS));
    }

    @Test
    void everyGrantHasANumberOfItsOwnEvenInOneLogEntry() {
        Keyspace keyspace = store.keyspace;
        keyspace.apply(3, 1, Request.of(new Command.LeaseGrant(1, 10)));
        keyspace.apply(3, 1, Request.of(new Command.LeaseRevoke(1)));
        keyspace.apply(3, 1, Request.of(new Command.LeaseGrant(1, 10)));
        keyspace.apply(3, 1, Request.of(new Command.LeaseGrant(2, 10)));

        assertThat(keyspace.leases()).extracting(Lease::grantIndex).containsExactlyInAnyOrder(2L, 3L);
    }

    @Test
    void revokeDeletesAllKeysInKeyOrderAtOneRevision() {
        store.grant(7);
        store.must(put("b", "1", 7));
        store.must(put("c", "2", 7));
        store.must(put("a", "3", 7));

        Applied applied = store.apply(new Command.LeaseRevoke(7));

        assertThat(applied.outcome()).isEqualTo(new Outcome.Done(5));
        assertThat(applied.leaseChanges()).containsExactly(new Applied.LeaseEnded(7));
        assertThat(applied.events())
                .containsExactly(
                        deleted("a", 5, keyValue("a", "3", 4, 4, 1, 7)),
                        deleted("b", 5, keyValue("b", "1", 2, 2, 1, 7)),
                        deleted("c", 5, keyValue("c", "2", 3, 3, 1, 7)));
        assertThat(store.keyspace.leases()).isEmpty();
        assertThat(store.outcome(new Command.LeaseRevoke(7))).isEqualTo(refused(5, Reason.LEASE_NOT_FOUND));
    }

    @Test
    void revokeWithoutKeysLeavesTheRevision() {
        store.grant(7);

        assertThat(store.outcome(new Command.LeaseRevoke(7))).isEqualTo(new Outcome.Done(1));
    }

    @Test
    void putMovesAKeyFromLeaseToLeaseAndOutOfAny() {
        store.grant(7);
        store.grant(8);
        store.must(put("a", "1", 7));
        store.must(put("b", "1", 7));

        store.must(put("a", "2", 8));
        assertThat(store.keyspace.keysOf(7)).containsExactly(bytes("b"));
        assertThat(store.keyspace.keysOf(8)).containsExactly(bytes("a"));

        store.must(put("a", "3"));
        store.must(delete("b"));
        assertThat(store.keyspace.keysOf(7)).isEmpty();
        assertThat(store.keyspace.keysOf(8)).isEmpty();

        assertThat(store.apply(new Command.LeaseRevoke(8)).events()).isEmpty();
        assertThat(store.everything()).extracting(KeyValue::value).containsExactly(bytes("3"));
    }

    @Test
    void expiryEndsEachLeaseAtARevisionOfItsOwn() {
        long grant7 = store.grant(7);
        long grant8 = store.grant(8);
        long grant9 = store.grant(9);
        store.must(put("a", "1", 7));
        store.must(put("b", "2", 7));
        store.must(put("c", "3", 9));

        Applied applied = store.apply(new Command.LeaseExpire(
                1,
                List.of(new Command.Expiry(9, grant9), new Command.Expiry(8, grant8), new Command.Expiry(7, grant7))));

        assertThat(applied.outcome()).isEqualTo(new Outcome.Done(6));
        assertThat(applied.events())
                .containsExactly(
                        deleted("c", 5, keyValue("c", "3", 4, 4, 1, 9)),
                        deleted("a", 6, keyValue("a", "1", 2, 2, 1, 7)),
                        deleted("b", 6, keyValue("b", "2", 3, 3, 1, 7)));
        assertThat(applied.leaseChanges())
                .containsExactly(new Applied.LeaseEnded(9), new Applied.LeaseEnded(8), new Applied.LeaseEnded(7));
    }

    @Test
    void expiryDecidedInAnotherTermIsRefusedWhole() {
        long grant = store.grant(7);
        store.must(put("a", "1", 7));
        store.term(2);

        Applied applied = store.apply(new Command.LeaseExpire(1, List.of(new Command.Expiry(7, grant))));

        assertThat(applied).isEqualTo(new Applied(refused(2, Reason.STALE_TERM), List.of(), List.of()));
        assertThat(store.keyspace.lease(7)).isPresent();
    }

    @Test
    void expiryPassesOverALeaseGrantedAnewOrGone() {
        long stale = store.grant(7);
        store.must(new Command.LeaseRevoke(7));
        store.grant(7);
        store.must(put("a", "1", 7));

        Applied applied = store.apply(
                new Command.LeaseExpire(1, List.of(new Command.Expiry(7, stale), new Command.Expiry(99, 1))));

        assertThat(applied).isEqualTo(new Applied(new Outcome.Done(2), List.of(), List.of()));
        assertThat(store.everything()).hasSize(1);
    }

    @Test
    void manyLeasesAreFoundAddedAndRemoved() {
        for (long id = 1; id <= 20_000; id++) {
            store.must(new Command.LeaseGrant(id * 7919, id));
        }
        for (long id = 1; id <= 20_000; id += 2) {
            store.must(new Command.LeaseRevoke(id * 7919));
        }

        assertThat(store.keyspace.leases()).hasSize(10_000);
        for (long id = 1; id <= 20_000; id++) {
            assertThat(store.keyspace.lease(id * 7919).isPresent()).isEqualTo(id % 2 == 0);
        }
    }

    @Test
    void spaceAlarmRefusesWhatTakesSpaceAndNothingElse() {
        store.grant(7);
        store.must(put("a", "1"));
        Alarm alarm = new Alarm(3, Alarm.Kind.NO_SPACE);
        store.must(new Command.SetAlarm(alarm, true));
        store.must(new Command.SetAlarm(alarm, true));
        assertThat(store.keyspace.alarms()).containsExactly(alarm);

        assertThat(store.outcome(put("a", "1"))).isEqualTo(refused(2, Reason.NO_SPACE));
        assertThat(store.outcome(Store.txn(List.of(), List.of(), List.of(Store.all(put("a", "1"))))))
                .isEqualTo(refused(2, Reason.NO_SPACE));
        assertThat(store.outcome(new Command.LeaseGrant(8, 1))).isEqualTo(refused(2, Reason.NO_SPACE));
        assertThat(store.outcome(Store.all(delete("x")))).isInstanceOf(Outcome.Decided.class);
        assertThat(store.outcome(delete("a"))).isEqualTo(new Outcome.Deleted(3, 1, List.of()));
        assertThat(store.outcome(new Command.LeaseRevoke(7))).isEqualTo(new Outcome.Done(3));
        assertThat(store.outcome(new Command.Compact(3))).isEqualTo(new Outcome.Done(3));

        store.must(new Command.SetAlarm(alarm, false));
        assertThat(store.outcome(put("a", "1"))).isEqualTo(new Outcome.Written(4, null));
    }

    @Test
    void corruptionAlarmRefusesEveryChangeButNotReads() {
        long grant = store.grant(7);
        store.must(put("a", "1"));
        store.must(new Command.SetAlarm(new Alarm(1, Alarm.Kind.CORRUPT), true));

        for (Command command : List.of(
                put("a", "2"),
                delete("a"),
                Store.all(delete("a")),
                new Command.Compact(2),
                new Command.LeaseGrant(8, 1),
                new Command.LeaseRevoke(7),
                new Command.LeaseExpire(1, List.of(new Command.Expiry(7, grant))))) {
            assertThat(store.outcome(command)).isEqualTo(refused(2, Reason.CORRUPT));
        }
        assertThat(store.everything()).hasSize(1);
    }

    private static Outcome refused(long revision, Reason reason) {
        return new Outcome.Refused(revision, reason);
    }
}
