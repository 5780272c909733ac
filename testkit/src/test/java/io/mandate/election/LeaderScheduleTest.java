package io.mandate.election;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.election.ScheduleHealth.State;
import io.mandate.election.internal.driver.ScheduleDriver;
import io.mandate.election.internal.schedule.SlotRecord;
import io.mandate.election.store.CasResult;
import io.mandate.election.store.LeaseStore;
import io.mandate.election.store.StoreException;
import io.mandate.testkit.ForwardingStore;
import io.mandate.testkit.LoggedLines;
import io.mandate.testkit.SimulatedStore;
import io.mandate.testkit.time.VirtualExecutor;
import io.mandate.testkit.time.VirtualScheduler;
import io.mandate.testkit.time.VirtualTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Schedules in virtual time, by no other way than the public one. */
@Timeout(60)
class LeaderScheduleTest {
    private static final String KEY = "mandate/schedule/job";
    /** The date at the beginning of virtual time. */
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private static final Schedule SECONDLY = Schedule.fixedRate(Duration.ofSeconds(1));
    private static final Schedule HOURLY = Schedule.fixedRate(Duration.ofHours(1));

    private final VirtualTime time = new VirtualTime();
    private final SimulatedStore store = new SimulatedStore(time, 1);
    private final VirtualScheduler one = new VirtualScheduler(time, "one");
    private final List<Election> elections = new ArrayList<>();
    private final List<Instant> ran = new ArrayList<>();
    private final List<Long> tokens = new ArrayList<>();
    private final LoggedLines log = LoggedLines.of(ScheduleDriver.class);

    @AfterEach
    void close() {
        log.close();
        elections.forEach(Election::closeAsync);
        time.runFor(Duration.ofMinutes(5));
    }

    private Election election(LeaseStore connection, VirtualScheduler process) {
        Election election = builder(connection, process).join();
        elections.add(election);
        return election;
    }

    private Election election(VirtualScheduler process) {
        return election(store.client(process), process);
    }

    private static ElectionBuilder builder(LeaseStore connection, VirtualScheduler process) {
        return process.election(connection, 1)
                .name("job")
                .candidate(process.toString())
                .ttl(Duration.ofSeconds(10))
                .executor(new VirtualExecutor(process));
    }

    private ScheduledWork work() {
        return (term, slot) -> {
            ran.add(slot);
            tokens.add(term.token());
        };
    }

    private void remember(Instant slot, long token, Optional<Instant> finished) {
        store.operatorWrites(KEY, new SlotRecord(slot, token, finished).text());
    }

    private SlotRecord remembered() {
        return SlotRecord.parse(store.entries(KEY).get(0).value());
    }

    private boolean runUntilRan(int runs, Duration bound) {
        return time.runUntil(() -> ran.size() >= runs, bound);
    }

    private Instant now() {
        return START.plusNanos(time.nanos());
    }

    private static void assertWithoutGap(List<Instant> slots, Duration period) {
        for (int i = 1; i < slots.size(); i++) {
            assertThat(slots.get(i)).isEqualTo(slots.get(i - 1).plus(period));
        }
    }

    @Test
    void workThatWouldWaitForItsOwnReturnIsToldSoAndTheScheduleGoesOn() {
        Election election = election(one);
        List<LeaderSchedule> started = new ArrayList<>();
        started.add(election.schedule(SECONDLY).start((term, slot) -> {
            ran.add(slot);
            assertThatThrownBy(started.get(0)::close)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContainingAll("job", "closeAsync()");
            assertThatThrownBy(election::close).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(election.resign()::join).isInstanceOf(IllegalStateException.class);
        }));
        assertThat(runUntilRan(2, Duration.ofSeconds(20))).isTrue();
        assertThat(log.of("scheduled-run-failed")).isEmpty();
    }

    @Test
    void aStoreThatIsAwayForLessThanATermDoesNotEndTheSchedule() {
        LeaderSchedule schedule =
                election(one).schedule(SECONDLY).missed(MissedRuns.CATCH_UP).start(work());
        assertThat(runUntilRan(3, Duration.ofSeconds(10))).isTrue();

        store.goAway(Duration.ofMillis(3_500));
        time.runFor(Duration.ofSeconds(3));
        assertThat(schedule.health().state()).isEqualTo(State.ASKING_STORE);
        assertThat(schedule.health().waitsFor()).contains("asks again at").contains("for as long as its term lives");
        assertThat(schedule.health().storeFailure()).contains("the simulated store");
        int before = ran.size();

        assertThat(runUntilRan(before + 10, Duration.ofSeconds(20))).isTrue();
        assertWithoutGap(ran, Duration.ofSeconds(1));
        assertThat(tokens).containsOnly(tokens.get(0));
        assertThat(log.of("schedule-waits-for-store")).hasSize(1);
        assertThat(log.of("schedule-goes-on")).hasSize(1);
        assertThat(schedule.health().storeFailure()).isEmpty();
    }

    @Test
    void aStoreThatTakesNoWritesIsAskedAgainInTheSameTermAndLoggedOnce() {
        boolean[] full = new boolean[1];
        int[] refused = new int[1];
        LeaseStore connection = new ForwardingStore(store.client(one)) {
            @Override
            public CompletionStage<CasResult> compareAndSet(String key, long version, String value, long leaseId) {
                if (full[0] && key.equals(KEY)) {
                    refused[0]++;
                    return CompletableFuture.failedFuture(new StoreException("database space exceeded"));
                }
                return super.compareAndSet(key, version, value, leaseId);
            }
        };
        LeaderSchedule schedule = election(connection, one).schedule(SECONDLY).start(work());
        assertThat(runUntilRan(2, Duration.ofSeconds(10))).isTrue();

        full[0] = true;
        int before = ran.size();
        time.runFor(Duration.ofMinutes(10));
        assertThat(ran.size()).isBetween(before, before + 1);
        assertThat(schedule.health().storeFailure()).contains("space exceeded");
        // Every five seconds at the most, with the first few sooner.
        assertThat(refused[0]).isBetween(100, 300);
        full[0] = false;
        assertThat(runUntilRan(ran.size() + 3, Duration.ofSeconds(10))).isTrue();
        assertThat(tokens).containsOnly(tokens.get(0));
        assertThat(log.of("schedule-waits-for-store")).hasSize(1);
    }

    @Test
    void aStoreThatIsAwayForLongerThanATermIsWaitedForToo() {
        LeaderSchedule schedule = election(one).schedule(SECONDLY).start(work());
        assertThat(runUntilRan(2, Duration.ofSeconds(10))).isTrue();
        store.goAway(Duration.ofMinutes(2));
        time.runFor(Duration.ofMinutes(1));
        assertThat(schedule.health().state()).isEqualTo(State.CAMPAIGNING);
        assertThat(schedule.health().storeFailure()).contains("the simulated store");
        int before = ran.size();

        assertThat(runUntilRan(before + 3, Duration.ofMinutes(2))).isTrue();
        assertThat(tokens.get(tokens.size() - 1)).isGreaterThan(tokens.get(0));
    }

    @Test
    void aSlotOfTheFarFutureIsNotBelievedAndSaysSo() {
        Instant ahead = START.plus(Duration.ofDays(1));
        remember(ahead, 1, Optional.of(ahead));
        election(one).schedule(SECONDLY).missed(MissedRuns.CATCH_UP).start(work());
        assertThat(runUntilRan(3, Duration.ofSeconds(10))).isTrue();
        assertWithoutGap(ran, Duration.ofSeconds(1));
        assertThat(ran.get(0)).isBefore(now());
        assertThat(remembered().slot()).isBefore(now());
        assertThat(log.of("schedule-slot-ahead"))
                .singleElement()
                .asString()
                .contains(ahead.toString(), "believed=false");
    }

    @Test
    void aSlotThatALeaderWhoseClockIsAheadHasRunIsNotRunAgain() {
        remember(START.plusSeconds(40), 1, Optional.of(START.plusSeconds(40)));
        LeaderSchedule schedule = election(one).schedule(SECONDLY).start(work());
        time.runFor(Duration.ofSeconds(10));
        assertThat(schedule.health().state()).isEqualTo(State.WAITING);
        assertThat(schedule.health().slot()).contains(START.plusSeconds(41));
        assertThat(schedule.health().waitsFor()).isEqualTo("the slot at 2026-01-01T00:00:41Z");
        assertThat(log.of("schedule-slot-ahead")).singleElement().asString().contains("believed=true");
        assertThat(runUntilRan(1, Duration.ofSeconds(40))).isTrue();
        assertThat(ran).containsExactly(START.plusSeconds(41));
    }

    @Test
    void aLeaderWhoseClockIsBehindRunsNoSlotAgain() {
        VirtualScheduler two = new VirtualScheduler(time, "two");
        two.setWallBack(Duration.ofSeconds(45).toNanos());
        Election first = election(one);
        first.schedule(SECONDLY).missed(MissedRuns.CATCH_UP).start(work());
        assertThat(runUntilRan(5, Duration.ofSeconds(10))).isTrue();
        election(two).schedule(SECONDLY).missed(MissedRuns.CATCH_UP).start(work());
        time.runFor(Duration.ofSeconds(5));
        first.closeAsync();

        assertThat(runUntilRan(20, Duration.ofMinutes(2))).isTrue();
        assertThat(ran).doesNotHaveDuplicates();
        assertWithoutGap(ran, Duration.ofSeconds(1));
        assertThat(tokens.get(tokens.size() - 1)).isGreaterThan(tokens.get(0));
    }

    /** By less than the time to live, or the term would be over. */
    @Test
    void aWallClockThatIsSetForwardIsNoticedWhileASlotIsWaitedFor() {
        election(one).schedule(Schedule.fixedRate(Duration.ofMinutes(1))).start(work());
        time.runFor(Duration.ofSeconds(10));
        one.setWallForward(Duration.ofSeconds(5).toNanos());
        time.runUntil(Duration.ofSeconds(56).toNanos());
        assertThat(ran).containsExactly(START.plusSeconds(60));
    }

    @Test
    void aWallClockThatIsSetBackSilencesTheScheduleForNoLongerThanTheTolerance() {
        election(one).schedule(SECONDLY).clockTolerance(Duration.ofSeconds(5)).start(work());
        assertThat(runUntilRan(3, Duration.ofSeconds(10))).isTrue();
        one.setWallBack(Duration.ofHours(1).toNanos());
        int before = ran.size();
        assertThat(runUntilRan(before + 3, Duration.ofSeconds(10))).isTrue();
        assertThat(log.of("schedule-slot-ahead")).hasSize(1);
    }

    @Test
    void ofTwoCandidatesOneRunsEachSlotAndTheOtherGoesOnWhenItsScheduleIsClosed() {
        VirtualScheduler two = new VirtualScheduler(time, "two");
        LeaderSchedule first =
                election(one).schedule(SECONDLY).missed(MissedRuns.CATCH_UP).start(work());
        election(two).schedule(SECONDLY).missed(MissedRuns.CATCH_UP).start(work());
        assertThat(runUntilRan(3, Duration.ofSeconds(10))).isTrue();
        CompletableFuture<Void> closed = first.closeAsync();
        assertThat(runUntilRan(6, Duration.ofSeconds(10))).isTrue();
        assertThat(closed).isDone();
        assertThat(first.health().state()).isEqualTo(State.CLOSED);
        assertThat(first.closeAsync()).isDone();
        assertWithoutGap(ran, Duration.ofSeconds(1));
        assertThat(tokens.get(5)).isGreaterThan(tokens.get(0));
    }

    @Test
    void slotsThatNobodyRanAreCaughtUpTheOldestFirst() {
        remember(START.minus(Duration.ofHours(3)), 1, Optional.of(START.minus(Duration.ofHours(3))));
        election(one).schedule(HOURLY).missed(MissedRuns.CATCH_UP).start(work());
        time.runFor(Duration.ofMinutes(1));
        assertThat(ran).containsExactly(START.minus(Duration.ofHours(2)), START.minus(Duration.ofHours(1)), START);
        assertThat(remembered().slot()).isEqualTo(START);
        assertThat(remembered().finished()).isPresent();
    }

    @Test
    void slotsThatNobodyRanAreLeftOutIfAskedTo() {
        remember(START.minus(Duration.ofHours(3)), 1, Optional.of(START.minus(Duration.ofHours(3))));
        election(one).schedule(HOURLY).missed(MissedRuns.SKIP).start(work());
        assertThat(runUntilRan(1, Duration.ofHours(2))).isTrue();
        assertThat(ran).containsExactly(START.plus(Duration.ofHours(1)));
    }

    @Test
    void aSlotWhoseRunDidNotReturnIsRunAgainIfMissedOnesAreCaughtUp() {
        remember(START, 1, Optional.empty());
        election(one).schedule(HOURLY).missed(MissedRuns.CATCH_UP).start(work());
        time.runFor(Duration.ofMinutes(1));
        assertThat(ran).containsExactly(START);
    }

    @Test
    void aRunThatFailsEndsNeitherTheTermNorTheSchedule() {
        LeaderSchedule schedule = election(one).schedule(SECONDLY).start((term, slot) -> {
            work().run(term, slot);
            if (ran.size() == 2) {
                throw new AssertionError("out of memory, nearly");
            }
            if (ran.size() < 5) {
                throw new IllegalStateException("out of paper");
            }
        });
        assertThat(runUntilRan(4, Duration.ofSeconds(10))).isTrue();
        time.runFor(Duration.ofMillis(100));
        assertThat(schedule.health().runFailure()).contains("out of paper");
        assertThat(runUntilRan(5, Duration.ofSeconds(10))).isTrue();
        time.runFor(Duration.ofMillis(100));
        assertThat(schedule.health().runFailure()).isEmpty();
        assertWithoutGap(ran, Duration.ofSeconds(1));
        assertThat(tokens).containsOnly(tokens.get(0));
        assertThat(log.of("scheduled-run-failed")).hasSize(4);
    }

    @Test
    void aRunThatFailedIsRunAgainUntilItSucceedsIfAskedTo() {
        LeaderSchedule schedule = election(one)
                .schedule(HOURLY)
                .failedRuns(FailedRuns.RETRY)
                .start((term, slot) -> {
                    work().run(term, slot);
                    if (ran.size() < 3) {
                        throw new IllegalStateException("out of paper");
                    }
                });
        assertThat(runUntilRan(1, Duration.ofHours(2))).isTrue();
        time.runFor(Duration.ofMillis(100));
        assertThat(schedule.health().state()).isEqualTo(State.RUNNING);
        assertThat(schedule.health().waitsFor()).contains("run its work again");
        time.runFor(Duration.ofMinutes(10));
        Instant slot = START.plus(Duration.ofHours(1));
        assertThat(ran).containsExactly(slot, slot, slot);
        assertThat(remembered().finished()).isPresent();
    }

    @Test
    void whatFailsUntilTheNextSlotIsLeft() {
        election(one)
                .schedule(Schedule.fixedRate(Duration.ofMinutes(5)))
                .failedRuns(FailedRuns.RETRY)
                .start((term, slot) -> {
                    work().run(term, slot);
                    throw new IllegalStateException("out of paper");
                });
        time.runFor(Duration.ofMinutes(16));
        assertThat(ran.stream().distinct())
                .containsExactly(START.plusSeconds(300), START.plusSeconds(600), START.plusSeconds(900));
    }

    @Test
    void whoeverClaimedASlotWithALargerTokenIsNotOverwritten() {
        LeaderSchedule schedule = election(one).schedule(SECONDLY).start((term, slot) -> {
            work().run(term, slot);
            if (ran.size() == 1) {
                // As if another one had begun to lead meanwhile, and claimed a slot of its own.
                remember(slot, term.token() + 1, Optional.of(slot));
            }
        });
        assertThat(runUntilRan(3, Duration.ofSeconds(30))).isTrue();
        assertThat(log.of("schedule-superseded")).hasSize(1);
        assertThat(tokens.get(1)).isGreaterThan(tokens.get(0));
        assertThat(schedule.health().storeFailure()).isEmpty();
    }

    @Test
    void aWriteOfAnEarlierLeaderThatComesLateEndsNoTerm() {
        remember(START, 1, Optional.of(START));
        election(one).schedule(HOURLY).missed(MissedRuns.CATCH_UP).start(work());
        time.runFor(Duration.ofSeconds(10));
        remember(START, 1, Optional.empty());
        assertThat(runUntilRan(3, Duration.ofHours(3))).isTrue();
        assertThat(ran).startsWith(START, START.plus(Duration.ofHours(1)));
        assertThat(tokens).containsOnly(tokens.get(0));
    }

    @Test
    void aRecordThatIsNoneIsToldAndTheScheduleGoesOnWhenItIsDeleted() {
        store.operatorWrites(KEY, "something else");
        LeaderSchedule schedule = election(one).schedule(SECONDLY).start(work());
        time.runFor(Duration.ofMinutes(1));
        assertThat(ran).isEmpty();
        assertThat(schedule.health().storeFailure())
                .contains("'something else'")
                .contains("delete it");
        assertThat(log.of("schedule-waits-for-store")).hasSize(1);
        assertThat(store.operatorDeletes(KEY)).isTrue();
        assertThat(runUntilRan(2, Duration.ofSeconds(10))).isTrue();
        assertThat(store.operatorDeletes(KEY)).isTrue();
        assertThat(runUntilRan(4, Duration.ofSeconds(10))).isTrue();
        assertThat(tokens).containsOnly(tokens.get(0));
    }

    @Test
    void theSchedulesOfACandidateRunInOneTermAndAreRememberedApart() {
        Election election = election(one);
        List<Instant> hourly = new ArrayList<>();
        LeaderSchedule first = election.schedule(SECONDLY).start(work());
        LeaderSchedule second = election.schedule(HOURLY).name("hourly").start((term, slot) -> hourly.add(slot));
        assertThatThrownBy(() -> election.schedule(HOURLY).name("hourly").start(work()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("'hourly'");
        assertThatThrownBy(election::lead).hasMessageContaining("join another");
        time.runFor(Duration.ofMinutes(61));
        assertThat(hourly).hasSize(1);
        assertThat(store.entries("mandate/schedules/hourly/job")).hasSize(1);

        CompletableFuture<Void> closed = first.closeAsync();
        time.runFor(Duration.ofSeconds(5));
        assertThat(closed).isDone();
        int before = ran.size();
        time.runFor(Duration.ofHours(1));
        assertThat(ran).hasSize(before);
        assertThat(hourly).hasSize(2);

        CompletableFuture<Void> left = second.closeAsync();
        time.runFor(Duration.ofSeconds(5));
        assertThat(left).isDone();
        assertThat(store.entries("job/")).isEmpty();
        election.schedule(SECONDLY).start(work());
        assertThat(runUntilRan(before + 2, Duration.ofSeconds(10))).isTrue();
    }

    @Test
    void aScheduleThatIsStartedWhileTheLastOneLeavesIsNotForgotten() {
        Election election = election(one);
        LeaderSchedule first = election.schedule(SECONDLY).start(work());
        assertThat(runUntilRan(1, Duration.ofSeconds(10))).isTrue();
        CompletableFuture<Void> closed = first.closeAsync();
        election.schedule(SECONDLY).name("next").start(work());
        assertThat(runUntilRan(4, Duration.ofSeconds(10))).isTrue();
        assertThat(closed).isDone();
    }

    @Test
    void aScheduleWhoseCandidateResignsQueuesUpAgain() {
        VirtualScheduler two = new VirtualScheduler(time, "two");
        Election first = election(one);
        LeaderSchedule schedule = first.schedule(SECONDLY).start(work());
        assertThat(runUntilRan(1, Duration.ofSeconds(10))).isTrue();
        CompletableFuture<Leadership> second = election(two).lead();
        time.runFor(Duration.ofSeconds(3));
        assertThat(first.resign()).isNotDone();
        assertThat(time.runUntil(second::isDone, Duration.ofSeconds(10))).isTrue();
        time.runFor(Duration.ofSeconds(3));
        int before = ran.size();
        time.runFor(Duration.ofSeconds(10));
        assertThat(ran).hasSize(before);
        assertThat(schedule.health().waitsFor()).isEqualTo("leadership of election job");
        second.join().release();
        assertThat(runUntilRan(before + 1, Duration.ofSeconds(10))).isTrue();
    }

    @Test
    void aClosedElectionClosesItsSchedulesAndTakesNoMore() {
        Election election = election(one);
        LeaderSchedule schedule = election.schedule(SECONDLY).start(work());
        assertThat(runUntilRan(1, Duration.ofSeconds(10))).isTrue();
        CompletableFuture<Void> closed = election.closeAsync();
        CompletableFuture<Void> closedToo = schedule.closeAsync();
        time.runFor(Duration.ofSeconds(10));
        assertThat(closed).isDone();
        assertThat(closedToo).isDone();
        assertThat(schedule.closeAsync()).isDone();
        assertThat(schedule.health().state()).isEqualTo(State.CLOSED);
        assertThatThrownBy(() -> election.schedule(SECONDLY).start(work())).hasMessageContaining("is closed");
    }

    @Test
    void whatCannotBeScheduledIsRefusedWithItsBound() {
        Election election = election(one);
        assertThatThrownBy(() -> election.schedule(HOURLY).name("a/b").start(work()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'a/b'");
        assertThatThrownBy(() -> election.schedule(HOURLY).name("x".repeat(129)).start(work()))
                .hasMessageContaining("128");
        assertThatThrownBy(() -> election.schedule(HOURLY)
                        .clockTolerance(Duration.ofDays(2))
                        .start(work()))
                .hasMessageContaining("PT24H");
        election.lead();
        assertThatThrownBy(() -> election.schedule(HOURLY).start(work()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("join another");
    }
}
