package io.mandate.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.election.store.CasResult;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseGrant;
import io.mandate.election.store.StoreException;
import io.mandate.election.store.Watch;
import io.mandate.testkit.time.VirtualScheduler;
import io.mandate.testkit.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

class SimulatedStoreTest {
    private static final Duration LONG = Duration.ofSeconds(20);

    private final VirtualTime time = new VirtualTime();
    private final SimulatedStore store = new SimulatedStore(time, 7);
    private final VirtualScheduler process = new VirtualScheduler(time, "p");
    private final SimulatedConnection connection = store.client(process);

    private <A> A get(CompletionStage<A> answer) {
        CompletableFuture<A> future = answer.toCompletableFuture();
        assertThat(time.runUntil(future::isDone, LONG)).isTrue();
        return future.join();
    }

    private Throwable failure(CompletionStage<?> answer) {
        CompletableFuture<?> future = answer.toCompletableFuture();
        assertThat(time.runUntil(future::isDone, LONG)).isTrue();
        return future.handle((value, failure) -> {
                    assertThat(failure).as("failure instead of " + value).isNotNull();
                    return failure;
                })
                .join();
    }

    private Entry write(String key, long leaseId) {
        return ((CasResult.Written) get(connection.compareAndSet(key, 0, "v", leaseId))).entry();
    }

    @Test
    void anAnswerTakesTimeAndComesOffTheLoop() {
        List<Boolean> inside = new ArrayList<>();
        CompletableFuture<Optional<Entry>> answer = connection.read("k").toCompletableFuture();
        answer.thenRun(() -> inside.add(process.insideLoop()));
        assertThat(answer).isNotDone();

        assertThat(get(answer)).isEmpty();

        assertThat(time.nanos()).isPositive();
        assertThat(inside).containsExactly(false);
    }

    @Test
    void aPausedProcessHearsItsAnswersWhenItWakes() {
        CompletionStage<LeaseGrant> granted = connection.grant(1_000);
        process.pause(5_000_000_000L);

        get(granted);

        assertThat(time.nanos()).isEqualTo(5_000_000_000L);
        assertThat(store.leases()).isEmpty();
    }

    @Test
    void aLeaseEndsWithItsKeysWhenItsTimeIsOverAndNotBefore() {
        long leaseId = get(connection.grant(1_000)).leaseId();
        write("k", leaseId);
        long renewedNanos = time.nanos();
        get(connection.renew(leaseId));

        time.runUntil(renewedNanos + 1_000_000_000L - 1);
        assertThat(store.entries("k")).hasSize(1);
        time.runFor(Duration.ofMillis(10));

        assertThat(store.entries("k")).isEmpty();
        assertThat(get(connection.renew(leaseId))).isEmpty();
    }

    @Test
    void aLostRequestFailsAndDoesNothing() {
        store.faults(StoreFaults.NONE.withLost(1, 0));

        assertThat(failure(connection.compareAndSet("k", 0, "v", 0)))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("unknown");
        time.runFor(LONG);

        assertThat(store.entries("")).isEmpty();
    }

    @Test
    void aLostAnswerFailsAndWhatWasAskedForIsDone() {
        store.faults(StoreFaults.NONE.withLost(0, 1));

        assertThat(failure(connection.compareAndSet("k", 0, "v", 0))).isInstanceOf(StoreException.class);

        assertThat(store.entries("")).hasSize(1);
    }

    @Test
    void aLateRequestTakesEffectAfterItsCallerGaveUp() {
        store.faults(
                StoreFaults.NONE.withLate(1, 0, Duration.ofHours(1).toNanos()).withTimeout(1_000_000));

        failure(connection.compareAndSet("k", 0, "v", 0));
        assertThat(store.entries("")).isEmpty();
        time.runFor(Duration.ofHours(1));

        assertThat(store.entries("")).hasSize(1);
    }

    @Test
    void aRequestThatWasNotAnsweredMayTakeEffectTwice() {
        store.faults(StoreFaults.NONE
                .withLost(0, 1)
                .withLate(0, 1, Duration.ofHours(1).toNanos()));
        failure(connection.compareAndSet("k", 0, "v", 0));
        assertThat(store.operatorDeletes("k")).isTrue();

        time.runFor(Duration.ofHours(1));

        assertThat(store.entries("")).hasSize(1);
    }

    @Test
    void aStoreThatIsAwayAnswersNobodyAndThenLeasesLiveTheirWholeTime() {
        long leaseId = get(connection.grant(1_000)).leaseId();
        store.goAway(Duration.ofSeconds(5));
        long backNanos = time.nanos() + 5_000_000_000L;

        assertThat(failure(connection.renew(leaseId))).isInstanceOf(StoreException.class);
        time.runUntil(backNanos + 1_000_000_000L - 1);
        assertThat(store.lives(leaseId)).isTrue();
        time.runFor(Duration.ofMillis(1));
        assertThat(store.lives(leaseId)).isFalse();
    }

    @Test
    void aPartitionLetsNothingThroughOneConnectionAndAllThroughAnother() {
        SimulatedConnection other = store.client(new VirtualScheduler(time, "q"));
        connection.partition(Duration.ofSeconds(5));

        assertThat(failure(connection.read("k"))).isInstanceOf(StoreException.class);
        get(other.read("k"));
        assertThat(time.nanos()).isLessThan(5_000_000_000L);
        time.runUntil(5_000_000_000L);
        get(connection.read("k"));
    }

    @Test
    void anOperatorEndsLeasesAndDeletesKeys() {
        long leaseId = get(connection.grant(10_000)).leaseId();
        write("held", leaseId);
        write("kept", 0);

        store.operatorRevokes(leaseId);
        assertThat(store.entries("")).extracting(Entry::key).containsExactly("kept");
        assertThat(store.operatorDeletes("kept")).isTrue();
        assertThat(store.operatorDeletes("kept")).isFalse();
        assertThat(store.operatorWrites("kept", "w").creation()).isEqualTo(store.revision());
    }

    @Test
    void aWatchCallsWhenItBeginsWhenKeysChangeAndWhenLeasesEnd() {
        List<Long> calls = new ArrayList<>();
        Watch watch = connection.watch("a/", () -> calls.add(time.nanos()));
        time.runFor(Duration.ofMillis(10));
        assertThat(calls).hasSize(1);

        store.operatorWrites("b/k", "v");
        time.runFor(Duration.ofMillis(10));
        assertThat(calls).hasSize(1);
        write("a/k", get(connection.grant(1_000)).leaseId());
        time.runFor(Duration.ofMillis(10));
        assertThat(calls).hasSize(2);
        time.runFor(Duration.ofSeconds(2));
        assertThat(calls).hasSize(3);

        watch.close();
        store.operatorWrites("a/k", "v");
        time.runFor(LONG);
        assertThat(calls).hasSize(3);
    }

    @Test
    void aStalledWatchCallsOnceWhenItIsOverAndALostOneNever() {
        List<Long> calls = new ArrayList<>();
        connection.watch("", () -> calls.add(time.nanos()));
        time.runFor(Duration.ofMillis(10));
        calls.clear();

        store.stallWatches(Duration.ofSeconds(5));
        store.operatorWrites("a", "v");
        store.operatorWrites("b", "v");
        time.runFor(Duration.ofSeconds(10));
        assertThat(calls).hasSize(1).allMatch(nanos -> nanos >= 5_000_000_000L);

        store.loseWatches();
        store.operatorWrites("c", "v");
        time.runFor(LONG);
        assertThat(calls).hasSize(1);
    }

    @Test
    void closeFailsWhatIsUnderWayAndLeavesLeasesAlone() {
        long leaseId = get(connection.grant(10_000)).leaseId();
        CompletionStage<Optional<Entry>> pending = connection.read("k");
        connection.close();

        assertThat(failure(pending)).isInstanceOf(StoreException.class).hasMessageContaining("closed");
        assertThat(failure(connection.read("k"))).isInstanceOf(StoreException.class);
        assertThat(store.lives(leaseId)).isTrue();
    }

    @Test
    void oneSeedIsOneCourseOfEvents() {
        assertThat(course(5)).isEqualTo(course(5)).isNotEqualTo(course(6));
    }

    private static List<String> course(long seed) {
        VirtualTime time = new VirtualTime();
        SimulatedStore store = new SimulatedStore(time, seed);
        store.faults(StoreFaults.SOME);
        SimulatedConnection connection = store.client(new VirtualScheduler(time, "p"));
        List<String> events = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            connection
                    .compareAndSet("k" + i % 10, 0, "v", 0)
                    .whenComplete((swap, failure) -> events.add(time.nanos() + " " + swap + failure));
        }
        time.runFor(LONG);
        return events;
    }

    @Test
    void aPlantedFaultGivesATokenTwice() {
        store.plant(PlantedStoreFault.CREATIONS_REPEAT);
        Entry first = write("e/a", 0);
        store.operatorDeletes("e/a");

        assertThat(write("e/b", 0).creation()).isEqualTo(first.creation());
    }
}
