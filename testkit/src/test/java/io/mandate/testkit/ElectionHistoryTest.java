package io.mandate.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.election.Election;
import io.mandate.election.ElectionBuilder;
import io.mandate.election.Leadership;
import io.mandate.election.TermEnd;
import io.mandate.election.TermRecord;
import io.mandate.election.internal.history.TermHistory;
import io.mandate.election.store.CasResult;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseStore;
import io.mandate.election.store.StoreException;
import io.mandate.testkit.time.VirtualScheduler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Histories are written beside elections, which wait for none of them. */
class ElectionHistoryTest {
    private static final Duration REQUEST_MAX = Duration.ofMillis(2);
    /** Of one request, and of the workers who hand over what follows from it. */
    private static final Duration RELEASE_MAX = REQUEST_MAX.plusMillis(6);

    private final VirtualCandidates world = new VirtualCandidates();

    @AfterEach
    void close() {
        world.close();
    }

    /** What becomes of requests for histories: an answer after a while, a lost race, no answer, or a failure. */
    private enum Histories {
        WRITTEN,
        LOST_TO_OTHERS,
        UNANSWERED,
        REFUSED
    }

    private Histories histories = Histories.WRITTEN;
    private final List<Runnable> unanswered = new ArrayList<>();

    private final class ViewOfHistories extends ForwardingStore {
        ViewOfHistories(LeaseStore inner) {
            super(inner);
        }

        @Override
        public CompletionStage<Optional<Entry>> read(String key) {
            if (histories == Histories.WRITTEN || histories == Histories.LOST_TO_OTHERS) {
                return inner.read(key);
            }
            assertThat(key).as("read by histories only").startsWith("mandate/history/");
            if (histories == Histories.REFUSED) {
                return CompletableFuture.failedFuture(new StoreException("no histories today"));
            }
            CompletableFuture<Optional<Entry>> answer = new CompletableFuture<>();
            unanswered.add(() -> inner.read(key).thenAccept(answer::complete));
            return answer;
        }

        @Override
        public CompletionStage<CasResult> compareAndSet(String key, long version, String value, long leaseId) {
            boolean lost = histories == Histories.LOST_TO_OTHERS && key.startsWith("mandate/history/");
            return inner.compareAndSet(key, lost ? Long.MAX_VALUE : version, value, leaseId);
        }
    }

    private Election join(String process) {
        return world.join(world.describe(process, ViewOfHistories::new));
    }

    private List<TermRecord> history() {
        return world.soon(world.join("reader").history());
    }

    @Test
    void releasingTakesOneRequestsTimeWhateverBecomesOfTheHistory() {
        for (Histories each : Histories.values()) {
            histories = each;
            Election election = join("one");
            for (int i = 0; i < 10; i++) {
                Leadership held = world.soon(election.lead());
                world.await(held.release(), RELEASE_MAX);
            }
        }
    }

    @Test
    void handingOverDoesNotWaitForHistoriesThatAreBeingWritten() {
        histories = Histories.UNANSWERED;
        ElectionBuilder described = world.describe("one", ViewOfHistories::new);
        // More than requests that may be under way at a time, each on its own.
        for (int i = 0; i < 20; i++) {
            Election election = world.join(described.name("e" + i));
            Leadership held = world.soon(election.lead());
            world.await(held.release(), RELEASE_MAX);
        }
        assertThat(unanswered).as("batches of histories under way").hasSize(16);
    }

    @Test
    void closingWaitsUntilTheLastTermIsWritten() {
        Election election = join("one");
        world.soon(world.soon(election.lead()).release());
        world.soon(election.closeAsync());
        assertThat(history()).extracting(TermRecord::why).containsExactly(Optional.of(TermEnd.RESIGNED));
    }

    @Test
    void closingWaitsForAHistoryThatIsNotAnsweredASecondAtMostAndItIsWrittenAllTheSame() {
        histories = Histories.UNANSWERED;
        Election election = join("one");
        world.soon(world.soon(election.lead()).release());
        CompletableFuture<Void> closing = election.closeAsync();
        world.time.runFor(Duration.ofMillis(900));
        assertThat(closing).isNotDone();
        world.await(closing, Duration.ofMillis(110));

        histories = Histories.WRITTEN;
        unanswered.forEach(Runnable::run);
        world.time.runFor(Duration.ofSeconds(1));
        assertThat(history()).extracting(TermRecord::why).containsExactly(Optional.of(TermEnd.RESIGNED));
        assertThat(world.store.leases()).as("the lease is given back").isEmpty();
    }

    @Test
    void aCandidateThatClosesGivesUpAHistoryThatTheStoreRefuses() {
        histories = Histories.REFUSED;
        Election election = join("one");
        world.soon(world.soon(election.lead()).release());
        world.await(election.closeAsync(), Duration.ofMillis(1_010));
        world.time.runFor(Duration.ofSeconds(10));
        assertThat(world.store.leases()).as("the lease is given back").isEmpty();
    }

    @Test
    void whatCouldNotBeWrittenIsWrittenWhenTheStoreTakesItAgain() {
        Election election = join("one");
        Leadership held = world.soon(election.lead());
        world.time.runFor(Duration.ofSeconds(1));
        histories = Histories.REFUSED;
        held.release();
        world.time.runFor(Duration.ofMinutes(1));
        assertThat(history()).extracting(TermRecord::why).containsExactly(Optional.empty());
        histories = Histories.WRITTEN;
        world.time.runFor(Duration.ofSeconds(15));
        assertThat(history()).extracting(TermRecord::why).containsExactly(Optional.of(TermEnd.RESIGNED));
    }

    @Test
    void workThatStopsBecauseARenewalIsOverdueHasNotResigned() {
        VirtualScheduler process = new VirtualScheduler(world.time, "one");
        AtomicInteger turns = new AtomicInteger();
        LeaseStore unrenewed = new ForwardingStore(world.store.client(process)) {
            @Override
            public CompletionStage<Optional<Long>> renew(long leaseId) {
                return turns.get() == 0 ? new CompletableFuture<>() : super.renew(leaseId);
            }
        };
        Election election = world.join(process.election(unrenewed, 1)
                .name(VirtualCandidates.NAME)
                .ttl(Duration.ofSeconds(2))
                // The work has its first turn when a renewal is overdue and the term lives.
                .executor(task -> process.deliver(Duration.ofMillis(1_700).toNanos(), task)));
        CompletableFuture<Void> working = election.runWhileLeadingAsync(term -> {
            if (turns.getAndIncrement() == 0) {
                term.requireValid(Duration.ofSeconds(5));
            }
        });
        world.await(working, Duration.ofSeconds(20));
        world.time.runFor(Duration.ofSeconds(5));
        assertThat(history())
                .extracting(TermRecord::why)
                .startsWith(Optional.of(TermEnd.RESIGNED))
                .endsWith(Optional.of(TermEnd.STORE_UNREACHABLE));
    }

    @Test
    void ofRacesForAHistoryAnOperatorHearsOnlyWhenTheyAreLostForSeconds() {
        try (LoggedLines log = LoggedLines.of(TermHistory.class)) {
            histories = Histories.LOST_TO_OTHERS;
            Election election = join("one");
            Leadership held = world.soon(election.lead());
            world.time.runFor(Duration.ofSeconds(3));
            assertThat(log.all()).isEmpty();
            world.time.runFor(Duration.ofMinutes(1));
            assertThat(log.of("history-not-written")).singleElement().asString().contains("others write all the time");
            histories = Histories.WRITTEN;
            world.soon(held.release());
            world.time.runFor(Duration.ofSeconds(15));
            assertThat(history()).extracting(TermRecord::why).containsExactly(Optional.of(TermEnd.RESIGNED));
        }
    }

    @Test
    void ofTermsThatCouldNotBeWrittenThoseAreRememberedThatWouldBeKept() {
        histories = Histories.REFUSED;
        Election election =
                world.join(world.describe("one", ViewOfHistories::new).historyLength(3));
        List<Long> tokens = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            Leadership held = world.soon(election.lead());
            tokens.add(0, held.term().token());
            world.soon(held.release());
        }
        histories = Histories.WRITTEN;
        world.time.runFor(Duration.ofSeconds(15));
        assertThat(history()).extracting(TermRecord::token).isEqualTo(tokens.subList(0, 3));
        assertThat(history()).extracting(TermRecord::why).containsOnly(Optional.of(TermEnd.RESIGNED));
    }
}
