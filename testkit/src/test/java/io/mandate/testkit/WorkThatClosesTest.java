package io.mandate.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.election.DistributedLock;
import io.mandate.election.Election;
import io.mandate.election.ElectionBuilder;
import io.mandate.election.Leadership;
import io.mandate.election.LockHandle;
import io.mandate.election.Term;
import io.mandate.election.TermEnd;
import io.mandate.election.TermListener;
import io.mandate.election.WorkFailedException;
import io.mandate.election.partition.PartitionMembership;
import io.mandate.election.partition.PartitionedWorkload;
import io.mandate.election.store.LeaseStore;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Work, and callbacks, that close what waits for them. With real threads, which would wait for ever. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class WorkThatClosesTest {
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

    private ElectionBuilder candidate() {
        return Election.on(store).name("job").ttl(Duration.ofMillis(600)).shutdownHook(false);
    }

    private static void end(AutoCloseable closed) throws Exception {
        closed.close();
    }

    private static void assertRefused(ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("election job")
                .hasMessageContaining("return from the work");
    }

    @Test
    void closeByTheWorkItselfIsRefusedAndClosesNothing() throws Exception {
        try (Election election = candidate().join()) {
            election.runWhileLeading(term -> {
                assertRefused(election::close);
                term.requireValid(Duration.ZERO);
                assertThat(term.resignRequested()).isNotDone();
            });
            election.runWhileLeading(term -> term.requireValid(Duration.ZERO));
        }
    }

    @Test
    void whatIsRefusedReachesTheCallerIfTheWorkDoesNotCatchIt() throws Exception {
        try (Election election = candidate().join()) {
            assertThatThrownBy(() -> election.runWhileLeading(term -> end(election)))
                    .isInstanceOf(WorkFailedException.class)
                    .hasRootCauseInstanceOf(IllegalStateException.class);
            assertThat(election.leader().get()).isEmpty();
        }
    }

    @Test
    void workMayResignAndIsDoneWhenItReturns() throws Exception {
        try (Election election = candidate().join()) {
            election.runWhileLeading(term -> {
                CompletableFuture<Void> left = election.resign();
                assertThat(left).isNotDone();
            });
            assertThat(election.leader().get()).isEmpty();
        }
    }

    @Test
    void workMayCloseWithoutWaiting() throws Exception {
        Election election = candidate().join();
        CompletableFuture<CompletableFuture<Void>> closing = new CompletableFuture<>();
        election.runWhileLeading(term -> closing.complete(election.closeAsync()));
        closing.get().get(20, TimeUnit.SECONDS);
        assertThat(store.list("job/", 10).toCompletableFuture().get()).isEmpty();
    }

    @Test
    void waitingInTheWorkForItsOwnEndIsRefused() throws Exception {
        try (Election election = candidate().join()) {
            CompletableFuture<CompletableFuture<Void>> own = new CompletableFuture<>();
            own.complete(election.runWhileLeadingAsync(term -> {
                assertRefused(() -> own.get().join());
                assertRefused(() -> own.get().thenRun(() -> {}).get());
                assertRefused(() -> election.resign().join());
                assertRefused(() -> election.resign().get());
                assertRefused(() -> election.resign().get(1, TimeUnit.DAYS));
                assertRefused(() -> election.resign().thenRun(() -> {}).join());
                assertRefused(() -> election.closeAsync().join());
            }));
            own.get().get(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void leadingAgainInTheWorkIsRefused() throws Exception {
        try (Election election = candidate().join()) {
            election.runWhileLeading(term -> {
                assertThatThrownBy(() -> election.runWhileLeading(again -> {}))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("campaigns in election job already")
                        .hasMessageContaining("join another candidate");
                assertThatThrownBy(election::lead).isInstanceOf(IllegalStateException.class);
            });
        }
    }

    @Test
    void anotherCandidateOfTheSameElectionMayBeClosedByTheWork() throws Exception {
        try (Election election = candidate().join();
                Election other = candidate().join()) {
            election.runWhileLeading(term -> {
                CompletableFuture<Leadership> waiting = other.lead();
                end(other);
                assertThat(waiting).isCompletedExceptionally();
            });
        }
    }

    @Test
    void whoeverHoldsALeadershipAndClosesTheCandidateWaitsForTheDrainTimeoutAndNoLonger() throws Exception {
        Election election = candidate().drainTimeout(Duration.ofMillis(50)).join();
        Leadership held = election.lead().get();
        election.close();
        assertThat(held.term().ended().get()).isEqualTo(TermEnd.OVERDUE);
        held.close();
    }

    @Test
    void workThatClosesItsStoreIsOverAtTheEndOfItsTimeToLive() throws Exception {
        Election election = candidate().join();
        election.runWhileLeading(term -> store.close());
        election.close();
        // The store ends the lease a little after the candidate stopped to count on it.
        while (!server.list("job/", 10).toCompletableFuture().get().isEmpty()) {
            LockSupport.parkNanos(1_000_000);
        }
    }

    @Test
    void aListenerMayCloseItsElection() throws Exception {
        for (boolean atTheEnd : new boolean[] {false, true}) {
            CompletableFuture<Election> election = new CompletableFuture<>();
            CompletableFuture<Void> closed = new CompletableFuture<>();
            TermListener listener = new TermListener() {
                @Override
                public void began(Term term) {
                    if (!atTheEnd) {
                        election.join().close();
                        closed.complete(null);
                    }
                }

                @Override
                public void ended(Term term, TermEnd why) {
                    if (atTheEnd) {
                        election.join().close();
                        closed.complete(null);
                    }
                }
            };
            election.complete(candidate().listener(listener).join());
            CompletableFuture<Void> working = election.get().runWhileLeadingAsync(term -> {
                if (!atTheEnd) {
                    term.resignRequested().get();
                }
            });
            closed.get(20, TimeUnit.SECONDS);
            working.get(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void whatFollowsTheEndOfATermMayCloseItsElection() throws Exception {
        Election election = candidate().join();
        CompletableFuture<Void> closed = new CompletableFuture<>();
        election.runWhileLeading(term -> term.ended().thenRun(() -> {
            election.close();
            closed.complete(null);
        }));
        closed.get(20, TimeUnit.SECONDS);
    }

    @Test
    void whoeverHoldsALockMayCloseTheLockObject() throws Exception {
        DistributedLock lock = candidate().lock();
        LockHandle held = lock.acquire();
        lock.close();
        held.term().requireValid(Duration.ZERO);
        held.close();
    }

    private PartitionMembership share(
            String name, CompletableFuture<PartitionMembership> share, CompletableFuture<Throwable> thrown) {
        return PartitionedWorkload.of(store, name, 1)
                .member("only")
                .ttl(Duration.ofMillis(600))
                .settle(Duration.ZERO)
                .join(partition -> {
                    PartitionMembership own = share.get();
                    try {
                        own.close();
                        thrown.complete(new AssertionError("closed"));
                    } catch (IllegalStateException refused) {
                        try {
                            own.closeAsync().join();
                            thrown.complete(new AssertionError("closed"));
                        } catch (IllegalStateException also) {
                            thrown.complete(also);
                        }
                    }
                });
    }

    @Test
    void theWorkOfAPartitionThatClosesItsShareIsRefused() throws Exception {
        CompletableFuture<PartitionMembership> own = new CompletableFuture<>();
        CompletableFuture<Throwable> thrown = new CompletableFuture<>();
        own.complete(share("orders", own, thrown));
        assertThat(thrown.get(20, TimeUnit.SECONDS))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("workload orders");
        own.get().closeAsync().get(20, TimeUnit.SECONDS);
    }

    @Test
    void aTaskThatClosesItsShareWhileItBeginsIsRefusedAndReleasesThePartition() throws Exception {
        CompletableFuture<PartitionMembership> own = new CompletableFuture<>();
        CompletableFuture<Throwable> thrown = new CompletableFuture<>();
        own.complete(PartitionedWorkload.of(store, "orders", 1)
                .member("only")
                .ttl(Duration.ofMillis(600))
                .settle(Duration.ZERO)
                .joinAsync(partition -> {
                    try {
                        own.get().close();
                        throw new AssertionError("closed");
                    } catch (IllegalStateException refused) {
                        thrown.complete(refused);
                        throw new AssertionError("an error, which is no exception");
                    }
                }));
        assertThat(thrown.get(20, TimeUnit.SECONDS)).isInstanceOf(IllegalStateException.class);
        own.get().close();
        assertThat(store.list("orders/0/", 10).toCompletableFuture().get()).isEmpty();
    }

    @Test
    void workWhoseFutureTimesOutIsInterrupted() throws Exception {
        CompletableFuture<Void> interrupted = new CompletableFuture<>();
        CompletableFuture<Void> begun = new CompletableFuture<>();
        try (Election election = candidate().join()) {
            CompletableFuture<Void> working = election.runWhileLeadingAsync(term -> {
                begun.complete(null);
                try {
                    new CompletableFuture<Void>().get();
                } catch (InterruptedException over) {
                    interrupted.complete(null);
                    throw over;
                }
            });
            begun.get(20, TimeUnit.SECONDS);
            working.orTimeout(1, TimeUnit.MILLISECONDS);
            assertThatThrownBy(working::join).isInstanceOf(CompletionException.class);
            interrupted.get(20, TimeUnit.SECONDS);
        }
    }
}
