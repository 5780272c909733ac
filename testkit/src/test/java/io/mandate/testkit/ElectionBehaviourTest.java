package io.mandate.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.election.Election;
import io.mandate.election.ElectionBuilder;
import io.mandate.election.ElectionException;
import io.mandate.election.Leadership;
import io.mandate.election.Term;
import io.mandate.election.TermEnd;
import io.mandate.election.TermListener;
import io.mandate.election.WorkFailedException;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseStore;
import io.mandate.election.store.Watch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What those who use an election see of it, with real threads and real time. */
@Timeout(60)
class ElectionBehaviourTest {
    private InMemoryStore server;
    private LeaseStore store;

    @BeforeEach
    void open() {
        server = SimulatedStore.inMemory();
        store = server.connect();
    }

    @AfterEach
    void close() {
        store.close();
        server.close();
    }

    private ElectionBuilder candidate(String who) {
        return Election.on(store).name("job").ttl(Duration.ofMillis(600)).candidate(who);
    }

    private static void awaitInterruption(CountDownLatch begun) throws InterruptedException {
        begun.countDown();
        new CountDownLatch(1).await();
    }

    @Test
    void whatTheWorkThrowsReachesTheCallerAndReleasesTheElection() throws Exception {
        try (Election election = candidate("one").join()) {
            assertThatThrownBy(() -> election.runWhileLeading(term -> {
                        throw new IllegalStateException("no paper");
                    }))
                    .isInstanceOf(WorkFailedException.class)
                    .hasRootCauseMessage("no paper");
            assertThat(election.leader().get()).isEmpty();
        }
    }

    @Test
    void anInterruptedCallerInterruptsTheWorkAndReturnsWhenThatHas() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        AtomicBoolean returned = new AtomicBoolean();
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        try (Election election = candidate("one").join()) {
            Thread caller = new Thread(() -> {
                try {
                    election.runWhileLeading(term -> {
                        try {
                            awaitInterruption(begun);
                        } finally {
                            returned.set(true);
                        }
                    });
                } catch (InterruptedException | ElectionException expected) {
                    thrown.set(expected);
                }
            });
            caller.start();
            begun.await();
            caller.interrupt();
            caller.join();
            assertThat(thrown.get()).isInstanceOf(InterruptedException.class);
            assertThat(returned).isTrue();
            assertThat(election.leader().get()).isEmpty();
        }
    }

    @Test
    void workThatDoesNotFinishWhenAskedToIsInterruptedAfterTheDrainTimeout() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        Election election = candidate("one").drainTimeout(Duration.ofMillis(50)).join();
        CompletableFuture<Void> working = election.runWhileLeadingAsync(term -> awaitInterruption(begun));
        begun.await();
        election.close();
        assertThatThrownBy(working::get).hasCauseInstanceOf(InterruptedException.class);
    }

    @Test
    void closingWaitsForWorkThatFinishesAndOnlyThenIsTheElectionReleased() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch finish = new CountDownLatch(1);
        Election election = candidate("one").join();
        CompletableFuture<Void> working = election.runWhileLeadingAsync(term -> {
            begun.countDown();
            finish.await();
            term.requireValid(Duration.ZERO);
        });
        begun.await();
        CompletableFuture<Void> closing = election.closeAsync();
        try (Election other = candidate("two").join()) {
            assertThatThrownBy(() -> other.leadIfFree().get()).isInstanceOf(CancellationException.class);
            assertThat(closing).isNotDone();
            finish.countDown();
            closing.get();
            working.get();
            other.lead().get().close();
        }
    }

    @Test
    void whoIsClosedWhileItWaitsIsToldSo() throws Exception {
        try (Election one = candidate("one").join();
                Election two = candidate("two").join();
                Leadership leads = one.lead().get()) {
            CompletableFuture<Leadership> waiting = two.lead();
            while (one.candidates().get().size() < 2) {
                LockSupport.parkNanos(1_000_000);
            }
            two.closeAsync().get();
            assertThatThrownBy(waiting::get).isInstanceOf(CancellationException.class);
            assertThat(one.candidates().get()).containsExactly("one");
            assertThat(leads.term().remaining()).isPositive();
        }
    }

    @Test
    void oneCandidateCampaignsOnceAtATime() throws Exception {
        try (Election election = candidate("one").join();
                Leadership leads = election.lead().get()) {
            assertThatThrownBy(election::lead)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("join another");
            assertThat(leads.term().candidate()).isEqualTo("one");
        }
        Election closed = candidate("one").join();
        closed.close();
        assertThatThrownBy(closed::lead).hasMessageContaining("is closed");
    }

    @Test
    void aLeadershipThatNobodyWantsAnyMoreIsReleased() throws Exception {
        try (Election one = candidate("one").join();
                Election two = candidate("two").join()) {
            Leadership leads = one.lead().get();
            CompletableFuture<Leadership> given = two.lead();
            assertThat(given.cancel(true)).isTrue();
            leads.close();
            try (Leadership again = one.lead().get()) {
                assertThat(again.term().token()).isGreaterThan(leads.term().token());
            }
        }
    }

    @Test
    void listenersAreToldOfBeginAndEndInOrder() throws Exception {
        List<String> told = new ArrayList<>();
        TermListener listener = new TermListener() {
            @Override
            public void began(Term term) {
                told.add("began " + term.token());
            }

            @Override
            public void ended(Term term, TermEnd why) {
                told.add("ended " + term.token() + " " + why);
            }
        };
        List<String> expected = new ArrayList<>();
        try (Election election = candidate("one").listener(listener).join()) {
            for (int i = 0; i < 5; i++) {
                election.runWhileLeading(term -> {
                    expected.add("began " + term.token());
                    expected.add("ended " + term.token() + " RESIGNED");
                });
            }
        }
        long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (told.size() < expected.size() && System.nanoTime() < endNanos) {
            LockSupport.parkNanos(1_000_000);
        }
        assertThat(told).isEqualTo(expected);
    }

    @Test
    void aListenerThatDoesNotReturnKeepsNobodyFromRenewing() throws Exception {
        CountDownLatch stuck = new CountDownLatch(1);
        TermListener listener = new TermListener() {
            @Override
            public void began(Term term) {
                try {
                    stuck.await();
                } catch (InterruptedException closed) {
                    Thread.currentThread().interrupt();
                }
            }
        };
        CountDownLatch renewals = new CountDownLatch(5);
        LeaseStore counted = new ForwardingStore(store) {
            @Override
            public CompletionStage<Optional<Long>> renew(long leaseId) {
                renewals.countDown();
                return super.renew(leaseId);
            }
        };
        try (Election election = Election.on(counted)
                        .name("job")
                        .ttl(Duration.ofMillis(600))
                        .listener(listener)
                        .join();
                Leadership leads = election.lead().get()) {
            assertThat(leads.term().candidate()).isNotEmpty();
            renewals.await();
            stuck.countDown();
        }
    }

    private static void requireOffTheLoop(Election election) throws Exception {
        AtomicReference<String> thread = new AtomicReference<>();
        election.runWhileLeading(term -> thread.set(Thread.currentThread().getName()));
        assertThat(thread.get()).isNotNull().doesNotStartWith("mandate-loop-");
    }

    @Test
    void anExecutorThatRefusesDoesNotKeepWorkFromRunning() throws Exception {
        try (Election election = candidate("one")
                .executor(task -> {
                    throw new RejectedExecutionException("full");
                })
                .join()) {
            requireOffTheLoop(election);
        }
    }

    @Test
    void anExecutorThatRunsWhatItGetsAtOnceDoesNotGetTheLoop() throws Exception {
        try (Election election = candidate("one").executor(Runnable::run).join()) {
            requireOffTheLoop(election);
        }
    }

    @Test
    void aStoreThatRefusesWatchesCostsTimeAndNoTerm() throws Exception {
        LeaseStore blind = new ForwardingStore(store) {
            @Override
            public Watch watch(String prefix, Runnable changed) {
                throw new IllegalStateException("too many watches");
            }
        };
        try (Election one = Election.on(blind)
                        .name("job")
                        .ttl(Duration.ofMillis(600))
                        .join();
                Election two = candidate("two").join()) {
            Leadership leads = two.lead().get();
            CompletableFuture<Leadership> waiting = one.lead();
            while (two.candidates().get().size() < 2) {
                LockSupport.parkNanos(1_000_000);
            }
            leads.close();
            waiting.get().close();
        }
    }

    @Test
    void aThousandElectionsShareOneLeaseAndOneThread() throws Exception {
        List<Election> elections = new ArrayList<>();
        List<CompletableFuture<Leadership>> leading = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            Election election = Election.on(store)
                    .name("thousand/" + i)
                    .ttl(Duration.ofSeconds(5))
                    .historyLength(0)
                    .join();
            elections.add(election);
            leading.add(election.lead());
        }
        for (CompletableFuture<Leadership> leads : leading) {
            leads.get();
        }
        Set<Long> leases = store.list("thousand/", 2_000).toCompletableFuture().get().stream()
                .map(Entry::leaseId)
                .collect(Collectors.toSet());
        assertThat(leases).hasSize(1);
        // Those of elections that were closed a moment ago are on their way out.
        long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (loops() != 1 && System.nanoTime() < endNanos) {
            LockSupport.parkNanos(1_000_000);
        }
        assertThat(loops()).isEqualTo(1);
        leading.forEach(leads -> leads.join().release());
        elections.stream().map(Election::closeAsync).toList().forEach(CompletableFuture::join);
        assertThat(store.list("thousand/", 10).toCompletableFuture().get()).isEmpty();
    }

    private static long loops() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("mandate-loop-"))
                .count();
    }
}
