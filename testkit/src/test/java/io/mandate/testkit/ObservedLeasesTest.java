package io.mandate.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.election.store.CasResult;
import io.mandate.election.store.EmulatedLeases;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseGrant;
import io.mandate.election.store.LeaseStore;
import io.mandate.election.store.StoreException;
import io.mandate.testkit.time.VirtualScheduler;
import io.mandate.testkit.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** In virtual time, on records that answer at once. */
class ObservedLeasesTest {
    private static final long TTL_MILLIS = 1_000;
    private static final double DRIFT_BOUND = 0.01;
    private static final Duration NEARLY_OVER = Duration.ofMillis(1_009);
    private static final Duration MOMENT = Duration.ofMillis(2);

    private final VirtualTime time = new VirtualTime();
    private final VirtualScheduler observing = new VirtualScheduler(time, "observer");
    private final MemoryRecords table = new MemoryRecords(Runnable::run);
    private final MemoryRecords holderRecords = table.connect();
    private final MemoryRecords observerRecords = table.connect();
    private final LeaseStore holder =
            connection(holderRecords, new VirtualScheduler(time, "holder"), new SplittableRandom(1));
    private final LeaseStore observer = connection(observerRecords, observing, new SplittableRandom(2));

    private static LeaseStore connection(MemoryRecords records, VirtualScheduler clock, RandomGenerator random) {
        return new EmulatedLeases(records, clock, new EmulatedLeases.Options(100, DRIFT_BOUND), random);
    }

    private static <A> A get(CompletionStage<A> answer) {
        return answer.toCompletableFuture().join();
    }

    private long hold(String key) {
        LeaseGrant grant = get(holder.grant(TTL_MILLIS));
        assertThat(get(holder.compareAndSet(key, 0, "v", grant.leaseId()))).isInstanceOf(CasResult.Written.class);
        return grant.leaseId();
    }

    private boolean sees(String key) {
        return get(observer.read(key)).isPresent();
    }

    @Test
    void whatTheRecordStoreThrowsFailsTheStageAndNamesItsClassAndMethod() {
        holderRecords.beforeReads(name -> {
            throw new NoClassDefFoundError("com/acme/Driver");
        });

        for (CompletionStage<?> asked : List.of(
                holder.read("e/k"),
                holder.list("e/", 1),
                holder.compareAndSet("e/k", 0, "v", 0),
                holder.delete("e/k", 1),
                holder.grant(TTL_MILLIS),
                holder.renew(1),
                holder.revoke(1))) {
            assertThat(asked.toCompletableFuture())
                    .failsWithin(Duration.ZERO)
                    .withThrowableThat()
                    .havingCause()
                    .isInstanceOf(IllegalStateException.class)
                    .withMessageContaining(MemoryRecords.class.getName() + ".read");
        }
        holderRecords.beforeReads(name -> {});
        assertThat(get(holder.read("e/k"))).isEmpty();
    }

    @Test
    void aLeaseEndsWhenItWasSeenUnchangedForItsTimeAndTheDrift() {
        hold("e/k");
        assertThat(sees("e/k")).isTrue();

        time.runFor(NEARLY_OVER);
        assertThat(sees("e/k")).isTrue();
        time.runFor(MOMENT);
        assertThat(sees("e/k")).isFalse();
        assertThat(get(observer.list("e/", 10))).isEmpty();
    }

    @Test
    void theTimeIsCountedFromTheFirstLookAndNotFromTheLastRenewal() {
        hold("e/k");
        time.runFor(Duration.ofHours(1));

        assertThat(sees("e/k")).isTrue();
        time.runFor(NEARLY_OVER);
        assertThat(sees("e/k")).isTrue();
    }

    @Test
    void aRenewalThatWasSeenStartsTheTimeAnew() {
        long leaseId = hold("e/k");
        sees("e/k");
        time.runFor(NEARLY_OVER);
        assertThat(get(holder.renew(leaseId))).contains(TTL_MILLIS);
        time.runFor(MOMENT);

        assertThat(sees("e/k")).isTrue();
        time.runFor(NEARLY_OVER);
        assertThat(sees("e/k")).isTrue();
    }

    @Test
    void whileTheObserverIsSuspendedNoTimeIsCounted() {
        hold("e/k");
        sees("e/k");
        observing.suspend(Duration.ofHours(1).toNanos());
        time.runFor(Duration.ofHours(1));

        assertThat(sees("e/k")).isTrue();
    }

    @Test
    void ofARenewalAndAnEndAtTheSameMomentOneFails() {
        long leaseId = hold("e/k");
        sees("e/k");
        time.runFor(NEARLY_OVER.plus(MOMENT));

        observerRecords.beforeNextWrite(
                () -> assertThat(get(holder.renew(leaseId))).isPresent());
        assertThat(sees("e/k")).isTrue();

        time.runFor(NEARLY_OVER.plus(MOMENT));
        holderRecords.beforeNextWrite(() -> assertThat(sees("e/k")).isFalse());
        assertThat(get(holder.renew(leaseId))).isEmpty();
        assertThat(sees("e/k")).isFalse();
    }

    @Test
    void aLateRenewalDoesNotRaiseALeaseNorTouchTheOneThatHasItsRecordNow() {
        LeaseStore same = connection(table.connect(), new VirtualScheduler(time, "same"), () -> 0);
        LeaseStore next = connection(table.connect(), new VirtualScheduler(time, "next"), () -> 0);
        long first = get(same.grant(TTL_MILLIS)).leaseId();
        get(same.compareAndSet("e/k", 0, "v", first));
        get(next.revoke(first));
        long second = get(next.grant(TTL_MILLIS)).leaseId();
        assertThat(table.count("lease/")).isEqualTo(1);
        assertThat(second).isNotEqualTo(first);

        assertThat(get(same.renew(first))).isEmpty();
        get(same.revoke(first));
        assertThat(sees("e/k")).isFalse();
        assertThat(get(next.renew(second))).isPresent();
        assertThat(get(same.compareAndSet("e/k", 0, "v", first))).isEqualTo(new CasResult.NoSuchLease());
    }

    @Test
    void aLeaseOfADeadHolderIsTakenForAnotherOneWhenItsTimeIsOver() {
        LeaseStore dead = connection(table.connect(), new VirtualScheduler(time, "dead"), () -> 0);
        get(dead.grant(TTL_MILLIS));
        LeaseStore next = connection(table.connect(), new VirtualScheduler(time, "next"), () -> 0);

        assertThatThrownBy(() -> get(next.grant(TTL_MILLIS)))
                .isInstanceOf(CompletionException.class)
                .hasMessageContaining("1024 leases");
        time.runFor(NEARLY_OVER.plus(MOMENT));
        assertThat(get(next.grant(TTL_MILLIS)).leaseId()).isPositive();
    }

    @Test
    void theNextWriteLeavesOutTheKeysOfEndedLeases() {
        long leaseId = hold("e/gone");
        get(observer.revoke(leaseId));
        assertThat(table.content("keys/e/")).contains("e/gone");

        get(observer.compareAndSet("e/k", 0, "v", 0));

        assertThat(table.content("keys/e/")).doesNotContain("e/gone");
    }

    @Test
    void aWriteWhoseLeaseEndsMeanwhileFailsAndItsKeyIsGone() {
        long leaseId = get(holder.grant(TTL_MILLIS)).leaseId();
        get(holder.compareAndSet("e/other", 0, "v", 0));
        holderRecords.beforeNextWrite(() -> get(observer.revoke(leaseId)));

        assertThatThrownBy(() -> get(holder.compareAndSet("e/k", 0, "v", leaseId)))
                .hasCauseInstanceOf(StoreException.class)
                .hasMessageContaining("ended while");
        assertThat(sees("e/k")).isFalse();
    }

    @Test
    void aWriteThatCollidesIsTriedAgain() {
        get(holder.compareAndSet("e/a", 0, "v", 0));
        holderRecords.beforeNextWrite(() -> get(observer.compareAndSet("e/b", 0, "v", 0)));
        CompletionStage<CasResult> swap = holder.compareAndSet("e/c", 0, "v", 0);
        time.runFor(Duration.ofSeconds(1));

        assertThat(get(swap)).isInstanceOf(CasResult.Written.class);
        assertThat(get(observer.list("e/", 10))).extracting(Entry::key).containsExactly("e/a", "e/b", "e/c");
    }

    @Test
    void aListGoesThroughAllDirectoriesBelow() {
        for (String key : List.of("a/b/c/d", "a/b/e", "a/bf", "x")) {
            get(holder.compareAndSet(key, 0, "v", 0));
        }

        assertThat(get(observer.list("a/b", 10)))
                .extracting(Entry::key)
                .containsExactlyInAnyOrder("a/b/c/d", "a/b/e", "a/bf");
        assertThat(get(observer.list("", 10))).hasSize(4);
        assertThat(get(observer.list("a/b/", 10))).hasSize(2);
    }

    @Test
    void aKeyThatWasFreedFromItsLeaseBeforeThatEndedIsThere() {
        long leaseId = hold("e/k");
        Entry held = get(holder.read("e/k")).orElseThrow();
        boolean[] done = new boolean[1];
        observerRecords.beforeReads(name -> {
            if (name.startsWith("lease/") && !done[0]) {
                done[0] = true;
                get(holder.compareAndSet("e/k", held.version(), "free", 0));
                get(holder.revoke(leaseId));
            }
        });

        assertThat(get(observer.read("e/k")).map(Entry::value)).contains("free");
        assertThat(done).containsExactly(true);
    }

    @Test
    void aListOfSeveralDirectoriesIsOfOneMoment() {
        for (String directory : List.of("a/x/", "a/y/")) {
            get(holder.compareAndSet(directory + "here", 0, "v", 0));
        }
        List<String> read = new ArrayList<>();
        observerRecords.beforeReads(name -> {
            String directory = name.substring("keys/".length());
            read.add(directory);
            if (read.size() == 3) {
                move(read.get(1) + "here", directory + "moved");
            }
        });

        assertThat(get(observer.list("a/", 10)))
                .extracting(Entry::key)
                .containsExactlyInAnyOrder(read.get(2) + "here", read.get(2) + "moved");
    }

    /** At no moment are both there. */
    private void move(String from, String to) {
        Entry entry = get(holder.read(from)).orElseThrow();
        assertThat(get(holder.delete(from, entry.creation()))).isTrue();
        assertThat(get(holder.compareAndSet(to, 0, "v", 0))).isInstanceOf(CasResult.Written.class);
    }

    @Test
    void aDirectoryThatIsFullIsRefusedAndSaysSo() {
        String value = "x".repeat(LeaseStore.VALUE_BYTES_MAX);
        for (int i = 0; i < 3; i++) {
            assertThat(get(holder.compareAndSet("e/" + i, 0, value, 0))).isInstanceOf(CasResult.Written.class);
        }

        assertThatThrownBy(() -> get(holder.compareAndSet("e/3", 0, value, 0)))
                .hasCauseInstanceOf(StoreException.class)
                .hasMessageContaining("250000")
                .hasMessageContaining("nothing was written");
    }

    @Test
    void aRecordThatSomebodyElseWroteIsRefused() {
        table.put("keys/e/", "{\"json\": true}");

        assertThatThrownBy(() -> get(holder.read("e/k")))
                .hasCauseInstanceOf(StoreException.class)
                .hasMessageContaining("table of its own");
    }
}
