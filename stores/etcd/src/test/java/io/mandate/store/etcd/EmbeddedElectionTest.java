package io.mandate.store.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.election.DistributedLock;
import io.mandate.election.Election;
import io.mandate.election.ElectionHealth;
import io.mandate.election.Leader;
import io.mandate.election.LeaderObservation;
import io.mandate.election.Leadership;
import io.mandate.election.LockHandle;
import io.mandate.election.Term;
import io.mandate.election.TermEnd;
import io.mandate.election.TermEndedException;
import io.mandate.election.TermRecord;
import io.mandate.election.internal.history.TermHistory;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Elections on a node in this JVM: one candidate calls it directly, the other over the wire. */
@Tag("integration")
@Timeout(60)
class EmbeddedElectionTest {
    private static final Duration TTL = Duration.ofMillis(800);
    private static EmbeddedNode node;
    private static int names;

    private EtcdStore here;
    private EtcdStore there;
    private String name;

    @BeforeAll
    static void start() throws Exception {
        node = new EmbeddedNode();
    }

    @AfterAll
    static void stop() throws Exception {
        node.close();
    }

    @BeforeEach
    void connect() {
        here = node.inProcess();
        there = node.overTheWire();
        name = "election-" + ++names;
    }

    @AfterEach
    void disconnect() {
        here.close();
        there.close();
    }

    private Election candidate(EtcdStore store, String who) {
        return Election.on(store).name(name).ttl(TTL).candidate(who).join();
    }

    private static <V> V soon(CompletableFuture<V> future) throws Exception {
        return future.get(20, TimeUnit.SECONDS);
    }

    @Test
    void workRunsUnderATermAndTheElectionIsReleasedWhenItReturned() throws Exception {
        long[] tokens = new long[2];
        try (Election first = candidate(here, "first");
                Election second = candidate(there, "second")) {
            first.runWhileLeading(term -> {
                term.requireValid(Duration.ofMillis(50));
                tokens[0] = term.token();
            });
            assertThat(soon(first.leader())).isEmpty();
            second.runWhileLeading(term -> tokens[1] = term.token());
        }
        assertThat(tokens[0]).isPositive();
        assertThat(tokens[1]).isGreaterThan(tokens[0]);
    }

    @Test
    void theNextLeadsWhenTheLeaderResignsAndTheHistoryTellsBoth() throws Exception {
        try (Election first = candidate(here, "first");
                Election second = candidate(there, "second")) {
            Leadership leading = soon(first.lead());
            CompletableFuture<Leadership> waiting = second.lead();
            assertThat(soon(second.leader()))
                    .contains(new Leader("first", leading.term().token()));
            soon(leading.release());
            assertThat(leading.term().ended().get(20, TimeUnit.SECONDS)).isEqualTo(TermEnd.RESIGNED);
            assertThatThrownBy(() -> leading.term().requireValid(Duration.ZERO)).isInstanceOf(TermEndedException.class);
            Leadership next = soon(waiting);
            assertThat(next.term().token()).isGreaterThan(leading.term().token());
            next.close();
        }
        List<TermRecord> terms = soon(TermHistory.read(here, name).toCompletableFuture());
        assertThat(terms).extracting(TermRecord::candidate).containsExactly("second", "first");
        assertThat(terms).extracting(TermRecord::why).containsOnly(Optional.of(TermEnd.RESIGNED));
    }

    @Test
    void whenTheLeaseIsRevokedTheWorkIsInterruptedAndRunsAgainInAnotherTerm() throws Exception {
        BlockingQueue<Term> terms = new LinkedBlockingQueue<>();
        CountDownLatch finish = new CountDownLatch(1);
        AtomicBoolean interrupted = new AtomicBoolean();
        try (Election election = candidate(here, "only")) {
            CompletableFuture<Void> done = election.runWhileLeadingAsync(term -> {
                terms.add(term);
                try {
                    finish.await();
                } catch (InterruptedException over) {
                    interrupted.set(true);
                    throw over;
                }
            });
            Term first = terms.poll(20, TimeUnit.SECONDS);
            String key = soon(here.list(name + "/", 10)).get(0).key();
            soon(here.revoke(soon(here.read(key)).orElseThrow().leaseId()));
            assertThat(first.ended().get(20, TimeUnit.SECONDS)).isIn(TermEnd.REVOKED, TermEnd.SUPERSEDED);
            Term second = terms.poll(20, TimeUnit.SECONDS);
            assertThat(interrupted).isTrue();
            assertThat(second.token()).isGreaterThan(first.token());
            assertThat(election.health()).isEqualTo(new ElectionHealth(ElectionHealth.State.LEADING, ""));
            finish.countDown();
            soon(done);
        }
    }

    @Test
    void aPreferredCandidateTakesOverWhenTheWorkOfTheOtherHasFinished() throws Exception {
        try (Election usual = candidate(here, "usual");
                Election preferred = Election.on(there)
                        .name(name)
                        .ttl(TTL)
                        .candidate("preferred")
                        .priority(10)
                        .join()) {
            CountDownLatch asked = new CountDownLatch(1);
            CompletableFuture<Void> work = usual.runWhileLeadingAsync(term -> {
                term.resignRequested().get();
                asked.countDown();
            });
            BlockingQueue<Optional<Leader>> seen = new LinkedBlockingQueue<>();
            try (LeaderObservation observation = usual.observe(seen::add)) {
                Optional<Leader> leader = Optional.empty();
                while (leader.isEmpty()) {
                    leader = seen.poll(20, TimeUnit.SECONDS);
                }
                assertThat(leader.orElseThrow().candidate()).isEqualTo("usual");
                assertThat(observation).isNotNull();
                Leadership taken = soon(preferred.lead());
                assertThat(asked.getCount()).isZero();
                while (!leader.map(Leader::candidate).equals(Optional.of("preferred"))) {
                    leader = seen.poll(20, TimeUnit.SECONDS);
                }
                taken.close();
            }
            usual.resign();
            work.exceptionally(left -> null).get(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void aLockIsHadByOneAtATime() throws Exception {
        try (DistributedLock lock = Election.on(here).name(name).ttl(TTL).lock();
                DistributedLock other = Election.on(there).name(name).ttl(TTL).lock()) {
            LockHandle held = lock.acquire();
            assertThat(other.tryAcquire()).isEmpty();
            assertThat(other.tryAcquire(Duration.ofMillis(50))).isEmpty();
            assertThat(lock.tryAcquire()).as("by another thread's eyes").isEmpty();
            CompletableFuture<LockHandle> waiting = other.acquireAsync();
            held.close();
            LockHandle next = soon(waiting);
            assertThat(next.term().token()).isGreaterThan(held.term().token());
            next.close();
            assertThat(lock.tryAcquire()).hasValueSatisfying(LockHandle::close);
        }
    }

    @Test
    void aTimeToLiveThatTheStoreCannotKeepIsRefusedAtTheStart() {
        assertThatThrownBy(() ->
                        Election.on(here).name(name).ttl(Duration.ofMillis(50)).join())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("100");
    }
}
