package io.mandate.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.mandate.election.store.ConditionalDelete;
import io.mandate.election.store.ConditionalPut;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseStore;
import io.mandate.election.store.StoreException;
import io.mandate.election.store.Watch;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every {@link LeaseStore} must pass: each sentence of its contract that can be tested from outside. An adapter's
 * test is a subclass:
 *
 * <pre>{@code
 * class MyStoreConformanceTest extends StoreConformance {
 *     @Override
 *     protected LeaseStore connect() {
 *         return MyStore.connect(serverOfThisTest.address());
 *     }
 * }
 * }</pre>
 *
 * <p>The store may hold other keys and be used by others: each test keeps to keys of its own,
 * {@code conformance/<random>/…}, some of which it leaves behind. Tests take as long as leases do: a few times
 * {@link io.mandate.election.store.StoreGuarantees#ttlMillisMin}, at least half a second.
 */
@Timeout(180)
public abstract class StoreConformance extends PartitionConformance {
    private static final int REQUESTS_UNDER_WAY = 50;

    /** A new connection to one and the same store; called several times in a test, which closes what it got. */
    @Override
    protected abstract LeaseStore connect() throws Exception;

    @Test
    void theGuaranteesAllowElectionsAndStayTheSame() {
        assertThat(store.guarantees()).isEqualTo(store.guarantees());
        assertThat(store.guarantees().store()).isNotBlank();
        assertThat(store.guarantees().ttlMillisMin()).isPositive();
        assertThat(store.guarantees().ttlMillisStep()).isPositive();
        store.guarantees().requireElectable(ttlMillis());
    }

    private void assertRefused(String what, Supplier<CompletionStage<?>> request) {
        assertThat(failure(request))
                .as(what)
                .isInstanceOf(IllegalArgumentException.class)
                .extracting(Throwable::getMessage)
                .asString()
                .as("what names the input and the bound")
                .hasSizeGreaterThan(20)
                .containsPattern("[0-9]");
    }

    @Test
    void keysThatAreTooLongAreRefused() {
        String key = prefix + "ü".repeat(LeaseStore.KEY_BYTES_MAX / 2);

        assertRefused("read", () -> store.read(key));
        assertRefused("list", () -> store.list(key, 1));
        assertRefused("write", () -> store.compareAndSet(key, 0, "v", 0));
        assertRefused("delete", () -> store.delete(key, 1));
    }

    @Test
    void valuesThatAreTooLongAreRefused() {
        String value = "ü".repeat(LeaseStore.VALUE_BYTES_MAX / 2) + "x";

        assertRefused("write", () -> store.compareAndSet(prefix + "k", 0, value, 0));
        assertThat(get(store.read(prefix + "k"))).isEmpty();
    }

    @Test
    void listsOfNothingOrTooMuchAreRefused() {
        assertRefused("none", () -> store.list(prefix, 0));
        assertRefused("too many", () -> store.list(prefix, LeaseStore.LIST_MAX + 1));
    }

    @Test
    void leasesThatAreTooShortAreRefused() {
        long tooShort = store.guarantees().ttlMillisMin() - store.guarantees().ttlMillisStep();

        assertRefused("too short", () -> store.grant(tooShort));
        assertRefused("not even that", () -> store.grant(-1_000));
    }

    @Test
    void leasesBetweenTwoStepsAreRefusedAndNotRounded() {
        long step = store.guarantees().ttlMillisStep();
        Assumptions.assumeTrue(step > 1, "a store that counts milliseconds has nothing to round");

        assertRefused("between two steps", () -> store.grant(longTtlMillis() + 1));
    }

    private Watch watch(String names, AtomicInteger calls) {
        return store.watch(prefix + names, calls::incrementAndGet);
    }

    @Test
    void aWatchCallsWhenItBeginsAndWhenAKeyIsWrittenOrDeleted() {
        assumeWatches();
        AtomicInteger calls = new AtomicInteger();
        try (Watch watch = watch("e/", calls)) {
            eventually("a call when the watch begins", () -> calls.get() > 0);

            int before = calls.get();
            Entry entry = written(get(other.compareAndSet(prefix + "e/k", 0, "v", 0)));
            eventually("a call for a new key", () -> calls.get() > before);

            int between = calls.get();
            get(other.delete(entry.key(), entry.creation()));
            eventually("a call for a deleted key", () -> calls.get() > between);
            assertThat(watch).isNotNull();
        }
    }

    @Test
    void aWatchCallsWhenALeaseEndsWithItsKeys() {
        assumeWatches();
        long sentNanos = System.nanoTime();
        createInTime("e/k", get(store.grant(ttlMillis())), sentNanos);
        AtomicInteger calls = new AtomicInteger();
        try (Watch watch = watch("e/", calls)) {
            eventually("a call when the watch begins", () -> calls.get() > 0);
            eventually("the key is gone", () -> !isThere("e/k"));
            eventually("a call when the key is gone", () -> calls.get() > 1);
            assertThat(watch).isNotNull();
        }
    }

    @Test
    void aWatchThatWasClosedDoesNotCall() {
        AtomicInteger closedCalls = new AtomicInteger();
        AtomicInteger openCalls = new AtomicInteger();
        Watch closed = watch("e/", closedCalls);
        try (Watch open = watch("e/", openCalls)) {
            closed.close();
            closed.close();
            int atClose = closedCalls.get();
            for (int i = 0; i < 3; i++) {
                int before = openCalls.get();
                create("e/k" + i);
                if (store.guarantees().watches()) {
                    eventually("a call of the open watch", () -> openCalls.get() > before);
                }
            }
            assertThat(closedCalls.get() - atClose)
                    .as("calls after close, but one that was under way")
                    .isLessThanOrEqualTo(1);
            assertThat(open).isNotNull();
        }
    }

    @Test
    void closeEndsWhatIsUnderWay() {
        List<CompletableFuture<Optional<Entry>>> answers = new ArrayList<>();
        for (int i = 0; i < REQUESTS_UNDER_WAY; i++) {
            answers.add(store.read(prefix + "k" + i).toCompletableFuture());
        }

        store.close();

        for (CompletableFuture<Optional<Entry>> answer : answers) {
            eventually("a request under way is answered or fails", answer::isDone);
            if (answer.isCompletedExceptionally()) {
                assertThat(failure(() -> answer)).isInstanceOf(StoreException.class);
            }
        }
    }

    /** Who asks on a loop, or for several things in turn, does not expect an exception between two of them. */
    @Test
    void whatFailsFailsTheStageAndIsNotThrown() {
        long leaseId = longLease();
        store.close();

        assertStage("read", () -> store.read(prefix + "k"));
        assertStage("list", () -> store.list(prefix, 1));
        assertStage("compareAndSet", () -> store.compareAndSet(prefix + "k", 0, "v", 0));
        assertStage("delete", () -> store.delete(prefix + "k", 1));
        assertStage("grant", () -> store.grant(longTtlMillis()));
        assertStage("renew", () -> store.renew(leaseId));
        assertStage("revoke", () -> store.revoke(leaseId));
        assertStage("readAll", () -> store.readAll(List.of(prefix + "k")));
        assertStage("listAll", () -> store.listAll(List.of(prefix), 1));
        assertStage(
                "compareAndSetAll", () -> store.compareAndSetAll(List.of(new ConditionalPut(prefix + "k", 0, "v")), 0));
        assertStage("deleteAll", () -> store.deleteAll(List.of(new ConditionalDelete(prefix + "k", 1))));
        assertThatCode(() -> store.watch(prefix, () -> {}).close()).as("watch").doesNotThrowAnyException();
        assertThatCode(() -> store.watchKeys(prefix, key -> {}).close())
                .as("watchKeys")
                .doesNotThrowAnyException();
    }

    private void assertStage(String what, Supplier<CompletionStage<?>> request) {
        CompletionStage<?>[] returned = new CompletionStage<?>[1];
        assertThatCode(() -> returned[0] = request.get()).as(what).doesNotThrowAnyException();
        assertThat(returned[0]).as(what).isNotNull();
        assertThat(failure(() -> returned[0])).as(what).isInstanceOf(StoreException.class);
    }

    @Test
    void whatIsAskedForAfterCloseFails() {
        long leaseId = longLease();
        store.close();
        store.close();

        assertThat(failure(() -> store.read(prefix + "k"))).isInstanceOf(StoreException.class);
        assertThat(failure(() -> store.list(prefix, 1))).isInstanceOf(StoreException.class);
        assertThat(failure(() -> store.compareAndSet(prefix + "k", 0, "v", 0))).isInstanceOf(StoreException.class);
        assertThat(failure(() -> store.delete(prefix + "k", 1))).isInstanceOf(StoreException.class);
        assertThat(failure(() -> store.grant(longTtlMillis()))).isInstanceOf(StoreException.class);
        assertThat(failure(() -> store.renew(leaseId))).isInstanceOf(StoreException.class);
        assertThat(failure(() -> store.revoke(leaseId))).isInstanceOf(StoreException.class);
        assertThat(get(other.renew(leaseId))).isPresent();
        assertThat(isThere("k")).isFalse();
    }
}
