package io.mandate.election.internal.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.election.MissedRuns;
import io.mandate.election.Schedule;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SlotsTest {
    private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
    private static final Schedule HOURLY = Schedule.fixedRate(Duration.ofHours(1));
    private static final Schedule SECONDLY = Schedule.fixedRate(Duration.ofSeconds(1));
    private static final Duration TOLERANCE = Duration.ofMinutes(1);

    private static Slots resumed(Schedule schedule, MissedRuns missed, Instant last, Instant now) {
        Slots slots = new Slots(schedule, missed, TOLERANCE);
        slots.resume(Optional.of(new SlotRecord(last, 1, Optional.of(last))), now);
        return slots;
    }

    private static List<Instant> run(Slots slots, Instant now) {
        List<Instant> run = new ArrayList<>();
        while (slots.isDue(now)) {
            run.add(slots.next(now));
            slots.ran(new SlotRecord(slots.next(now), 2, Optional.of(now)));
        }
        return run;
    }

    @Test
    void withoutARecordTheFirstSlotIsTheNext() {
        Slots slots = new Slots(HOURLY, MissedRuns.CATCH_UP, TOLERANCE);
        slots.resume(Optional.empty(), NOON.plusSeconds(1));
        assertThat(slots.next(NOON.plusSeconds(1))).isEqualTo(NOON.plusSeconds(3_600));
    }

    @Test
    void missedSlotsAreCaughtUpTheOldestFirstOrLeftOut() {
        Instant now = NOON.plusSeconds(60);
        assertThat(run(resumed(HOURLY, MissedRuns.CATCH_UP, NOON.minusSeconds(3 * 3_600), now), now))
                .containsExactly(NOON.minusSeconds(7_200), NOON.minusSeconds(3_600), NOON);
        Slots skipping = resumed(HOURLY, MissedRuns.SKIP, NOON.minusSeconds(3 * 3_600), now);
        assertThat(run(skipping, now)).isEmpty();
        assertThat(skipping.next(now)).isEqualTo(NOON.plusSeconds(3_600));
    }

    /**
     * A clock that began at 1970 leaves such a record; counting through two billion slots would keep the loop from
     * renewing.
     */
    @Test
    void aSlotOfLongAgoIsCaughtUpByTheLatestOnly() {
        List<Instant> run = run(resumed(SECONDLY, MissedRuns.CATCH_UP, Instant.EPOCH, NOON), NOON);
        assertThat(run).hasSize(Slots.CATCH_UP_MAX).isSorted();
        assertThat(run.get(0)).isEqualTo(NOON.minusSeconds(Slots.CATCH_UP_MAX - 1));
        assertThat(run.get(run.size() - 1)).isEqualTo(NOON);
    }

    @Test
    void ofAScheduleThatRestsForMonthsTheLatestAreCaughtUpToo() {
        Schedule february = Schedule.cron("* * * feb *", ZoneId.of("UTC"));
        Instant now = Instant.parse("2026-11-01T00:00:00Z");
        List<Instant> run = run(resumed(february, MissedRuns.CATCH_UP, Instant.EPOCH, now), now);
        assertThat(run).hasSize(Slots.CATCH_UP_MAX).isSorted();
        assertThat(run.get(run.size() - 1)).isEqualTo("2026-02-28T23:59:00Z");
    }

    @Test
    void anOverdueRunOfAFixedDelayIsCaughtUpOnce() {
        Slots slots = resumed(
                Schedule.fixedDelay(Duration.ofSeconds(1)), MissedRuns.CATCH_UP, Instant.EPOCH.plusSeconds(5), NOON);
        assertThat(run(slots, NOON)).containsExactly(Instant.EPOCH.plusSeconds(6));
        assertThat(slots.next(NOON)).isEqualTo(NOON.plusSeconds(1));
    }

    @Test
    void theSlotThatALeaderAheadHasRunAlreadyIsWaitedForAndNotRunAgain() {
        Instant now = NOON.minusSeconds(600);
        Slots slots = resumed(HOURLY, MissedRuns.CATCH_UP, NOON, now);
        assertThat(slots.isAhead(now)).isTrue();
        assertThat(slots.isBelieved(now)).isTrue();
        assertThat(slots.next(now)).isEqualTo(NOON.plusSeconds(3_600));
        Slots within = resumed(SECONDLY, MissedRuns.CATCH_UP, NOON.plus(TOLERANCE), NOON);
        assertThat(within.next(NOON)).isEqualTo(NOON.plus(TOLERANCE).plusSeconds(1));
    }

    @Test
    void aSlotFurtherAheadThanTheNextOneAndTheToleranceIsNotBelieved() {
        Slots slots =
                resumed(SECONDLY, MissedRuns.CATCH_UP, NOON.plus(TOLERANCE).plusSeconds(2), NOON);
        assertThat(slots.isAhead(NOON)).isTrue();
        assertThat(slots.isBelieved(NOON)).isFalse();
        assertThat(slots.next(NOON)).isEqualTo(NOON.plusSeconds(1));
        assertThat(resumed(HOURLY, MissedRuns.SKIP, Instant.MAX, NOON).next(NOON))
                .isEqualTo(NOON.plusSeconds(3_600));
    }

    @Test
    void aRunThatReturnedInTheFutureDelaysTheNextByOneDelay() {
        Schedule delay = Schedule.fixedDelay(Duration.ofSeconds(10));
        Slots slots = new Slots(delay, MissedRuns.SKIP, TOLERANCE);
        slots.resume(Optional.of(new SlotRecord(NOON, 1, Optional.of(NOON.plusSeconds(86_400)))), NOON);
        assertThat(slots.next(NOON)).isEqualTo(NOON.plusSeconds(10));
    }

    @Test
    void anUnfinishedRunIsDueAgainWhateverItsSlotAndTheScheduleGoesOnFromNow() {
        Instant ahead = NOON.plusSeconds(86_400);
        Slots slots = new Slots(HOURLY, MissedRuns.CATCH_UP, TOLERANCE);
        slots.resume(Optional.of(new SlotRecord(ahead, 1, Optional.empty())), NOON);
        assertThat(run(slots, NOON)).containsExactly(ahead);
        assertThat(slots.next(NOON)).isEqualTo(NOON.plusSeconds(3_600));
        slots = new Slots(HOURLY, MissedRuns.SKIP, TOLERANCE);
        slots.resume(Optional.of(new SlotRecord(NOON, 1, Optional.empty())), NOON);
        assertThat(run(slots, NOON)).isEmpty();
    }

    @Test
    void aClockThatIsSetBackSilencesTheScheduleForNoLongerThanTheTolerance() {
        Slots slots = resumed(SECONDLY, MissedRuns.CATCH_UP, NOON, NOON);
        assertThat(slots.next(NOON)).isEqualTo(NOON.plusSeconds(1));
        Instant set = NOON.minusSeconds(3_600);
        assertThat(slots.next(set)).isEqualTo(set.plusSeconds(1));
        assertThat(slots.next(NOON.minusSeconds(30))).isEqualTo(set.plusSeconds(1));
    }

    @Test
    void aRecordIsReadAsItWasWrittenAndWhatIsNoneNamesTheRemedy() {
        SlotRecord record = new SlotRecord(NOON, 7, Optional.empty());
        assertThat(SlotRecord.parse(record.text())).isEqualTo(record);
        for (String text : List.of("", "x", "2026-03-01T12:00:00Z 7", "yesterday 7 -", "2026-03-01T12:00:00Z x -")) {
            assertThatThrownBy(() -> SlotRecord.parse(text))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("delete it");
        }
    }
}
