package io.mandate.store.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.election.Election;
import io.mandate.election.Leadership;
import io.mandate.election.Term;
import io.mandate.election.TermEnd;
import io.mandate.election.TermEndedException;
import io.mandate.election.guard.StaleTokenException;
import io.mandate.election.internal.StoppedTerm;
import io.mandate.election.store.CasResult;
import io.mandate.election.store.ConditionalPut;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseStore;
import io.mandate.testkit.PausableStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("integration")
@Timeout(60)
class StoreGuardTest {
    private static EmbeddedNode node;
    private static int names;

    private EtcdStore store;
    private String name;
    private StoreGuard guard;
    /** To be released when all is over, whatever failed. */
    private final List<Leadership> left = new ArrayList<>();

    private PausableStore held;
    private Election unaware;
    private Election first;
    private Election second;

    @BeforeAll
    static void start() throws Exception {
        node = new EmbeddedNode();
    }

    @AfterAll
    static void stop() throws Exception {
        node.close();
    }

    @BeforeEach
    void join() {
        store = node.inProcess();
        name = "guarded-" + ++names;
        guard = StoreGuard.on(store, "data/" + name);
        held = new PausableStore(node.inProcess());
        unaware = candidate(held, "unaware");
        first = candidate(store, "first");
        second = candidate(store, "second");
    }

    @AfterEach
    void close() {
        held.resume();
        left.forEach(Leadership::close);
        unaware.close();
        first.close();
        second.close();
        held.close();
        store.close();
    }

    private Election candidate(LeaseStore on, String who) {
        return Election.on(on)
                .name(name)
                .ttl(Duration.ofSeconds(10))
                .candidate(who)
                .join();
    }

    private static Leadership lead(Election candidate) throws Exception {
        return candidate.lead().get(20, TimeUnit.SECONDS);
    }

    private String key(String last) {
        return "data/" + name + "/" + last;
    }

    private Optional<String> value(String last) {
        return guard.read(key(last)).map(Entry::value);
    }

    @Test
    void theLeaderWritesAllOrNothing() throws Exception {
        try (Leadership leads = lead(first)) {
            Term term = leads.term();
            assertThat(guard.write(
                            term,
                            changes -> changes.put(key("a"), "1")
                                    .put(key("b"), "1")
                                    .expect(key("a"), 0)))
                    .isInstanceOf(StoreWrite.Written.class);
            assertThat(guard.write(term, changes -> changes.put(key("b"), "2").expect(key("a"), 0)))
                    .isEqualTo(new StoreWrite.Conflict());
            long version = guard.read(key("a")).orElseThrow().version();
            assertThat(guard.write(term, changes -> changes.delete(key("b")).expect(key("a"), version)))
                    .isInstanceOf(StoreWrite.Written.class);
        }
        assertThat(value("a")).contains("1");
        assertThat(value("b")).isEmpty();
    }

    /** A leader that nothing reaches any more, and whose key is gone meanwhile: by its own clocks it still leads. */
    private Leadership unawareLeader() throws Exception {
        Leadership leads = lead(unaware);
        left.add(leads);
        guard.write(leads.term(), changes -> changes.put(key("a"), "old"));
        held.pause();
        Entry own = store.list(name + "/", 10).join().get(0);
        store.delete(own.key(), own.creation()).join();
        leads.term().requireValid(Duration.ofSeconds(1));
        return leads;
    }

    @Test
    void aLeaderOfThePastIsRefusedBeforeItsSuccessorHasWritten() throws Exception {
        Leadership old = unawareLeader();
        Leadership successor = lead(second);
        left.add(successor);
        assertThatThrownBy(() -> guard.write(old.term(), changes -> changes.put(key("a"), "late")))
                .isInstanceOfSatisfying(
                        StaleTokenException.class,
                        stale -> assertThat(stale.largestToken())
                                .isEqualTo(successor.term().token()));
        assertThat(old.term().ended().get(20, TimeUnit.SECONDS)).isEqualTo(TermEnd.SUPERSEDED);
        assertThat(value("a")).contains("old");
    }

    @Test
    void aLeaderWhoseKeyIsGoneIsRefusedAlsoIfNobodyElseLeads() throws Exception {
        Leadership old = unawareLeader();
        assertThatThrownBy(() -> StoreGuard.on(store, "data/" + name)
                        .write(old.term(), changes -> changes.put(key("a"), "late")))
                .isInstanceOfSatisfying(
                        TermEndedException.class,
                        over -> assertThat(over.reason()).contains(TermEnd.SUPERSEDED));
        assertThat(old.term().ended().get(20, TimeUnit.SECONDS)).isEqualTo(TermEnd.SUPERSEDED);
        assertThat(value("a")).contains("old");
    }

    /** Keys that a batch creates have one version, also those of an election and of one whose name continues it. */
    @Test
    void aLeaderOfThePastIsRefusedThoughAnElectionBelowHasALeaderWithTheSameToken() {
        long lease = store.grant(60_000).join().leaseId();
        String own = name + "/" + Long.toHexString(lease) + "-1-1";
        List<Long> tokens = store
                .compareAndSetAll(
                        List.of(
                                new ConditionalPut(name + "/0/" + Long.toHexString(lease) + "-2-1", 0, "below"),
                                new ConditionalPut(own, 0, "own")),
                        lease)
                .join()
                .stream()
                .map(swap -> ((CasResult.Written) swap).entry().creation())
                .toList();
        assertThat(tokens.get(0)).isEqualTo(tokens.get(1));
        Term term = StoppedTerm.of(name, "stopped", tokens.get(1));
        assertThat(StoreGuard.on(store, "data/" + name).write(term, changes -> changes.put(key("a"), "in time")))
                .isInstanceOf(StoreWrite.Written.class);

        store.delete(own, tokens.get(1)).join();

        for (StoreGuard known : List.of(guard, StoreGuard.on(store, "data/" + name))) {
            assertThatThrownBy(() -> known.write(term, changes -> changes.put(key("a"), "late")))
                    .isInstanceOf(TermEndedException.class);
        }
        assertThat(value("a")).contains("in time");
        store.revoke(lease).join();
    }

    @Test
    void anOperationIsDoneOnceAlsoByALaterLeader() throws Exception {
        AtomicInteger runs = new AtomicInteger();
        for (Election candidate : new Election[] {first, second, first}) {
            try (Leadership leads = lead(candidate)) {
                String result = guard.once(leads.term(), "invoice 7", changes -> {
                    changes.put(key("total"), Integer.toString(runs.incrementAndGet()));
                    return "run " + runs.get();
                });
                assertThat(result).isEqualTo("run 1");
            }
        }
        assertThat(value("total")).contains("1");
    }

    @Test
    void operationsThatAreTooOldAreForgotten() throws Exception {
        Instant begin = Instant.parse("2026-01-01T00:00:00Z");
        AtomicInteger days = new AtomicInteger();
        StoreGuard timed = StoreGuard.on(store, "data/" + name, new DayClock(begin, days));
        try (Leadership leads = lead(first)) {
            timed.once(leads.term(), "first of all", changes -> "then");
            days.set(8);
            for (int i = 0; i < 200; i++) {
                timed.once(leads.term(), "later-" + i, changes -> "");
            }
            assertThat(timed.once(leads.term(), "first of all", changes -> "now"))
                    .isEqualTo("now");
        }
    }

    @Test
    void whatWasDoneLastIsRememberedWhateverTheClocksOfTwoLeadersSay() throws Exception {
        AtomicInteger days = new AtomicInteger();
        StoreGuard timed = StoreGuard.on(store, "data/" + name, new DayClock(Instant.EPOCH, days));
        try (Leadership leads = lead(first)) {
            for (int i = 1; i < 200; i++) {
                timed.once(leads.term(), "order-" + i, changes -> "first");
            }
            days.set(20_000);
            timed.once(leads.term(), "order-200", changes -> "first");
            assertThat(timed.once(leads.term(), "order-199", changes -> "again"))
                    .isEqualTo("first");
            assertThat(timed.once(leads.term(), "order-1", changes -> "again")).isEqualTo("again");
        }
    }

    @Test
    void whatHindersForgettingIsNoFailureOfAnOperation() throws Exception {
        assertThat(store.compareAndSet("data/" + name + "/mandate/operation/x", 0, "none", 0)
                        .join())
                .isNotNull();
        try (Leadership leads = lead(first)) {
            for (int i = 0; i < 200; i++) {
                assertThat(guard.once(leads.term(), "order-" + i, changes -> "done"))
                        .isEqualTo("done");
            }
        }
    }

    @Test
    void writesLeaveNothingBehindButTheirEffect() throws Exception {
        try (Leadership leads = lead(first)) {
            for (int i = 0; i < 20; i++) {
                guard.write(leads.term(), changes -> changes.put(key("a"), "x"));
            }
            assertThat(store.list("data/" + name + "/mandate/", 100).join()).hasSizeLessThanOrEqualTo(1);
        }
    }

    @Test
    void changesEndWithTheFunctionThatTheyAreLentTo() throws Exception {
        try (Leadership leads = lead(first)) {
            List<StoreChanges> kept = new ArrayList<>();
            guard.write(leads.term(), changes -> kept.add(changes.put(key("a"), "1")));
            guard.once(leads.term(), "invoice 7", changes -> {
                kept.add(changes.put(key("b"), "1"));
                return "";
            });
            assertThat(kept).hasSize(2).allSatisfy(changes -> {
                assertThatThrownBy(() -> changes.put(key("c"), "1")).hasMessageContaining("begin another write");
                assertThatThrownBy(() -> changes.delete(key("a"))).hasMessageContaining("begin another write");
                assertThatThrownBy(() -> changes.expect(key("a"), 0)).hasMessageContaining("begin another write");
            });
        }
    }

    @Test
    void tooManyChangesAreRefusedWithTheBound() throws Exception {
        try (Leadership leads = lead(first)) {
            assertThatThrownBy(() -> guard.write(leads.term(), changes -> {
                        for (int i = 0; i <= StoreChanges.CHANGES_MAX; i++) {
                            changes.put(key("k" + i), "");
                        }
                    }))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("100");
            assertThatThrownBy(() -> guard.once(leads.term(), "x".repeat(257), changes -> ""))
                    .hasMessageContaining("256");
        }
    }
}
