package io.mandate.election.internal.candidacy;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.election.TermEnd;
import io.mandate.election.internal.time.Moment;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseStore;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class CandidacyTest {
    private static final long MILLI = 1_000_000;
    private static final Moment START = new Moment(5_000_000_000L, 1_700_000_000_000_000_000L);
    private static final long LEASE = 0xabc;
    private static final String OWN = "billing/abc-7-1";
    private static final String NEXT_OWN = "billing/abc-7-2";

    private final Candidacy candidacy = new Candidacy(options(0), new SplittableRandom(1));

    private static CandidacyOptions options(int priority) {
        return new CandidacyOptions("billing", 7, priority, 10_000 * MILLI, 500 * MILLI);
    }

    private static Moment after(long millis) {
        return START.plusNanos(millis * MILLI);
    }

    private static Entry entry(String key, long creation) {
        return new Entry(key, "somebody", creation, creation, 1);
    }

    private static CandidacyEvent looked(long attempt, Entry... entries) {
        return new CandidacyEvent.Looked(attempt, List.of(entries));
    }

    /** What is to be done, without when to come back. */
    private List<CandidacyEffect> on(CandidacyEvent event, long millis) {
        return candidacy.on(event, after(millis)).stream()
                .filter(effect -> !(effect instanceof CandidacyEffect.WakeAt))
                .toList();
    }

    private void enter() {
        on(new CandidacyEvent.LeaseBegan(LEASE), 0);
        assertThat(on(new CandidacyEvent.Campaign(true), 0)).containsExactly(new CandidacyEffect.Enter(1, OWN, LEASE));
    }

    /** Behind nobody, with token 40, since 20 ms. */
    private void lead() {
        enter();
        assertThat(on(new CandidacyEvent.Entered(1, 40), 10)).containsExactly(new CandidacyEffect.Look(2));
        assertThat(on(looked(2, entry(OWN, 40)), 20))
                .containsExactly(new CandidacyEffect.Watch(OWN), new CandidacyEffect.BeginTerm(40));
    }

    @Test
    void whoCampaignsWithoutALeaseEntersWhenThereIsOne() {
        assertThat(on(new CandidacyEvent.Campaign(true), 0)).isEmpty();
        assertThat(on(new CandidacyEvent.LeaseBegan(LEASE), 5))
                .containsExactly(new CandidacyEffect.Enter(1, OWN, LEASE));
    }

    @Test
    void theFirstInTheQueueLeadsWithTheVersionOfItsCreationAsToken() {
        lead();
    }

    private static Entry withoutLease(String key, long creation) {
        return new Entry(key, "somebody", creation, creation, 0);
    }

    /** Nobody counts such a key. A store that takes every key off its lease must not be asked for ever more of them. */
    @Test
    void whoseKeyHangsOnNoLeaseDoesNotLeadAndEntersAnewAfterAWhile() {
        enter();
        on(new CandidacyEvent.Entered(1, 40), 10);
        assertThat(on(looked(2, withoutLease(OWN, 40)), 20)).isEmpty();
        assertThat(on(new CandidacyEvent.Tick(), 7_000)).isEmpty();
        assertThat(on(new CandidacyEvent.Tick(), 13_000)).containsExactly(new CandidacyEffect.Remove(3, OWN, 40));
        assertThat(on(new CandidacyEvent.Removed(3), 13_010))
                .containsExactly(new CandidacyEffect.Enter(4, NEXT_OWN, LEASE));
    }

    @Test
    void aLeaderWhoseKeyIsTakenOffItsLeaseHasLostTheTermAndLeavesNothingBehind() {
        lead();
        on(new CandidacyEvent.Changed(), 30);
        assertThat(on(looked(3, withoutLease(OWN, 40)), 40))
                .containsExactly(new CandidacyEffect.Unwatch(), new CandidacyEffect.EndTerm(40, TermEnd.SUPERSEDED));
        on(new CandidacyEvent.WorkReturned(false), 50);
        on(new CandidacyEvent.Entered(4, 60), 60);
        assertThat(on(looked(5, withoutLease(OWN, 40), entry(NEXT_OWN, 60)), 70))
                .contains(new CandidacyEffect.Remove(0, OWN, 40), new CandidacyEffect.BeginTerm(60));
    }

    @Test
    void whatIsKeptBelowTheNameWithoutALeaseIsNotWaitedFor() {
        enter();
        on(new CandidacyEvent.Entered(1, 40), 10);
        assertThat(on(
                        looked(2, withoutLease("billing/42", 3), withoutLease("billing/2026-11-30", 4), entry(OWN, 40)),
                        20))
                .contains(new CandidacyEffect.BeginTerm(40));
    }

    @Test
    void theOthersWaitForTheOneBeforeThemOnly() {
        enter();
        on(new CandidacyEvent.Entered(1, 40), 10);
        assertThat(on(
                        looked(
                                2,
                                entry("billing/1", 20),
                                entry("billing/2", 30),
                                entry(OWN, 40),
                                entry("billing/3", 50)),
                        20))
                .containsExactly(new CandidacyEffect.Watch("billing/2"));
        assertThat(on(new CandidacyEvent.Changed(), 30)).containsExactly(new CandidacyEffect.Look(3));
        assertThat(on(looked(3, entry("billing/1", 20), entry(OWN, 40)), 40))
                .containsExactly(new CandidacyEffect.Watch("billing/1"));
    }

    @Test
    void whoIsBeyondWhatCanBeListedWaits() {
        enter();
        on(new CandidacyEvent.Entered(1, 1_000_000), 10);
        Entry[] others = LongStream.rangeClosed(1, LeaseStore.LIST_MAX)
                .mapToObj(creation -> entry("billing/" + creation, creation))
                .toArray(Entry[]::new);
        assertThat(on(looked(2, others), 20)).isEmpty();
        assertThat(on(new CandidacyEvent.Tick(), 12_600)).containsExactly(new CandidacyEffect.Look(3));
    }

    @Test
    void aStalledWatchOnlyDelays() {
        enter();
        on(new CandidacyEvent.Entered(1, 40), 10);
        on(looked(2, entry("billing/1", 20), entry(OWN, 40)), 20);
        assertThat(on(new CandidacyEvent.Tick(), 7_000)).isEmpty();
        assertThat(on(new CandidacyEvent.Tick(), 12_600)).containsExactly(new CandidacyEffect.Look(3));
    }

    @Test
    void aChangeSeenWhileAnAnswerIsAwaitedIsLookedAtAfterIt() {
        enter();
        on(new CandidacyEvent.Entered(1, 40), 10);
        assertThat(on(new CandidacyEvent.Changed(), 11)).isEmpty();
        assertThat(on(looked(2, entry("billing/1", 20), entry(OWN, 40)), 20))
                .containsExactly(new CandidacyEffect.Watch("billing/1"), new CandidacyEffect.Look(3));
    }

    @Test
    void keysOfElectionsWhoseNamesGoOnAfterASlashAreNobodysCompetitors() {
        enter();
        on(new CandidacyEvent.Entered(1, 40), 10);
        assertThat(on(looked(2, entry("billing/europe/1", 3), entry(OWN, 40)), 20))
                .contains(new CandidacyEffect.BeginTerm(40));
    }

    @Test
    void anEntryWithoutAnAnswerIsAskedForAgainWithTheSameKey() {
        enter();
        assertThat(on(new CandidacyEvent.Tick(), 500)).containsExactly(new CandidacyEffect.Enter(2, OWN, LEASE));
        assertThat(on(new CandidacyEvent.Failed(2), 510)).isEmpty();
        assertThat(on(new CandidacyEvent.Tick(), 540)).containsExactly(new CandidacyEffect.Enter(3, OWN, LEASE));
        assertThat(on(new CandidacyEvent.Entered(1, 40), 550)).containsExactly(new CandidacyEffect.Look(4));
    }

    @Test
    void workThatReturnedEndsTheTermBeforeTheElectionIsReleased() {
        lead();
        assertThat(on(new CandidacyEvent.WorkReturned(true), 100))
                .containsExactly(
                        new CandidacyEffect.Unwatch(),
                        new CandidacyEffect.EndTerm(40, TermEnd.RESIGNED),
                        new CandidacyEffect.Remove(3, OWN, 40));
        assertThat(on(new CandidacyEvent.Removed(3), 110))
                .containsExactly(new CandidacyEffect.Unwatch(), new CandidacyEffect.Left());
    }

    @Test
    void whoResignsIsAskedToFinishAndReleasesWhenTheWorkHasReturned() {
        lead();
        assertThat(on(new CandidacyEvent.Resign(), 100)).containsExactly(new CandidacyEffect.AskToFinish(40));
        assertThat(on(new CandidacyEvent.Tick(), 5_000)).isEmpty();
        assertThat(on(new CandidacyEvent.WorkReturned(false), 6_000))
                .contains(new CandidacyEffect.EndTerm(40, TermEnd.RESIGNED), new CandidacyEffect.Remove(3, OWN, 40));
    }

    @Test
    void whenTheLeaseEndsTheTermEndsAndNoOtherBeginsBeforeTheWorkHasReturned() {
        lead();
        assertThat(on(new CandidacyEvent.LeaseEnded(TermEnd.STORE_UNREACHABLE), 100))
                .containsExactly(
                        new CandidacyEffect.Unwatch(), new CandidacyEffect.EndTerm(40, TermEnd.STORE_UNREACHABLE));
        assertThat(on(new CandidacyEvent.LeaseBegan(0xdef), 200)).isEmpty();
        assertThat(on(new CandidacyEvent.WorkReturned(false), 300))
                .containsExactly(new CandidacyEffect.Enter(3, "billing/def-7-2", 0xdef));
    }

    @Test
    void aKeyThatSomebodyDeletedEndsTheTerm() {
        lead();
        on(new CandidacyEvent.Changed(), 30);
        assertThat(on(looked(3, entry("billing/9", 50)), 40))
                .containsExactly(new CandidacyEffect.Unwatch(), new CandidacyEffect.EndTerm(40, TermEnd.SUPERSEDED));
    }

    @Test
    void aKeyOfTheSameNameThatWasCreatedLaterIsNotTheSame() {
        lead();
        on(new CandidacyEvent.Changed(), 30);
        assertThat(on(looked(3, entry(OWN, 50)), 40)).contains(new CandidacyEffect.EndTerm(40, TermEnd.SUPERSEDED));
    }

    @Test
    void aTermThatAGuardFoundOverReleasesWhatIsLeftOfItWhenTheWorkHasReturned() {
        lead();
        assertThat(on(new CandidacyEvent.TermOver(40, TermEnd.SUPERSEDED), 30))
                .containsExactly(new CandidacyEffect.Unwatch(), new CandidacyEffect.EndTerm(40, TermEnd.SUPERSEDED));
        assertThat(on(new CandidacyEvent.WorkReturned(false), 50))
                .containsExactly(new CandidacyEffect.Remove(3, OWN, 40));
        assertThat(on(new CandidacyEvent.Removed(3), 60))
                .containsExactly(new CandidacyEffect.Enter(4, NEXT_OWN, LEASE));
    }

    @Test
    void workThatOverstaysItsDrainLosesItsTermAndTheElectionIsReleasedWithoutIt() {
        lead();
        on(new CandidacyEvent.Resign(), 100);
        assertThat(on(new CandidacyEvent.DrainOverdue(), 200))
                .containsExactly(
                        new CandidacyEffect.Unwatch(),
                        new CandidacyEffect.EndTerm(40, TermEnd.OVERDUE),
                        new CandidacyEffect.Remove(3, OWN, 40));
        assertThat(on(new CandidacyEvent.Removed(3), 210)).isEmpty();
        assertThat(on(new CandidacyEvent.WorkReturned(false), 900))
                .containsExactly(new CandidacyEffect.Unwatch(), new CandidacyEffect.Left());
    }

    @Test
    void workWhoseTermIsOverDoesNotKeepTheElectionWhenItsDrainIsOverdue() {
        lead();
        on(new CandidacyEvent.TermOver(40, TermEnd.SUPERSEDED), 100);
        assertThat(on(new CandidacyEvent.DrainOverdue(), 200)).containsExactly(new CandidacyEffect.Remove(3, OWN, 40));
        assertThat(on(new CandidacyEvent.Removed(3), 210)).isEmpty();
        assertThat(on(new CandidacyEvent.WorkReturned(false), 300))
                .containsExactly(new CandidacyEffect.Enter(4, NEXT_OWN, LEASE));
    }

    @Test
    void whatOverstayedWorkReturnsToWhileItsKeyIsBeingRemovedIsRemovedStill() {
        lead();
        on(new CandidacyEvent.Resign(), 100);
        on(new CandidacyEvent.DrainOverdue(), 200);
        assertThat(on(new CandidacyEvent.WorkReturned(false), 205))
                .containsExactly(new CandidacyEffect.Remove(4, OWN, 40));
        assertThat(on(new CandidacyEvent.Removed(3), 210)).isEmpty();
        assertThat(on(new CandidacyEvent.Removed(4), 215))
                .containsExactly(new CandidacyEffect.Unwatch(), new CandidacyEffect.Left());
    }

    @Test
    void aLeaseThatEndsWhileAnOverdueElectionIsReleasedLeavesNothingToRemove() {
        lead();
        on(new CandidacyEvent.Resign(), 100);
        on(new CandidacyEvent.DrainOverdue(), 200);
        assertThat(on(new CandidacyEvent.LeaseEnded(TermEnd.STORE_UNREACHABLE), 205))
                .isEmpty();
        assertThat(on(new CandidacyEvent.WorkReturned(false), 300))
                .containsExactly(new CandidacyEffect.Unwatch(), new CandidacyEffect.Left());
    }

    @Test
    void whoWaitsAndLostItsKeyEntersAgain() {
        enter();
        on(new CandidacyEvent.Entered(1, 40), 10);
        assertThat(on(looked(2, entry("billing/1", 20)), 20))
                .containsExactly(new CandidacyEffect.Enter(3, NEXT_OWN, LEASE));
    }

    @Test
    void aLeaderHandsOverToAPreferredCandidateOnceItsWorkHasReturnedAndQueuesUpAgain() {
        lead();
        on(new CandidacyEvent.Changed(), 30);
        assertThat(on(looked(3, entry(OWN, 40), entry("billing/9-1-1-p5", 50)), 40))
                .containsExactly(new CandidacyEffect.AskToFinish(40));
        on(new CandidacyEvent.WorkReturned(false), 50);
        assertThat(on(new CandidacyEvent.Removed(4), 60))
                .containsExactly(new CandidacyEffect.Enter(5, NEXT_OWN, LEASE));
    }

    @Test
    void whoseTurnItIsLetsAPreferredCandidateGoFirst() {
        enter();
        on(new CandidacyEvent.Entered(1, 40), 10);
        assertThat(on(looked(2, entry(OWN, 40), entry("billing/9-1-1-p5", 50)), 20))
                .containsExactly(new CandidacyEffect.Remove(3, OWN, 40));
    }

    @Test
    void whoIsNotPatientLeavesInsteadOfWaiting() {
        on(new CandidacyEvent.LeaseBegan(LEASE), 0);
        on(new CandidacyEvent.Campaign(false), 0);
        on(new CandidacyEvent.Entered(1, 40), 10);
        assertThat(on(looked(2, entry("billing/1", 20), entry(OWN, 40)), 20))
                .containsExactly(new CandidacyEffect.Remove(3, OWN, 40));
        assertThat(on(new CandidacyEvent.Removed(3), 30)).contains(new CandidacyEffect.Left());
    }

    @Test
    void whoResignsBeforeTheAnswerToItsEntryLeavesWhenItHasIt() {
        enter();
        assertThat(on(new CandidacyEvent.Resign(), 5)).isEmpty();
        assertThat(on(new CandidacyEvent.Entered(1, 40), 10)).containsExactly(new CandidacyEffect.Remove(2, OWN, 40));
    }

    @Test
    void anEntryThatTookEffectAfterItsSenderLeftIsFoundAndRemoved() {
        enter();
        on(new CandidacyEvent.Tick(), 500);
        on(new CandidacyEvent.Resign(), 510);
        on(new CandidacyEvent.Entered(2, 40), 520);
        assertThat(on(new CandidacyEvent.Removed(3), 530)).contains(new CandidacyEffect.Left());
        assertThat(on(new CandidacyEvent.Tick(), 10_530)).containsExactly(new CandidacyEffect.Look(4));
        assertThat(on(looked(4, entry(OWN, 45), entry("billing/1", 47)), 10_540))
                .containsExactly(new CandidacyEffect.Remove(0, OWN, 45));
        // The removal fails: the next candidate would wait behind that key for as long as the lease lives.
        assertThat(on(new CandidacyEvent.Failed(0), 10_550)).isEmpty();
        assertThat(on(new CandidacyEvent.Tick(), 25_000)).containsExactly(new CandidacyEffect.Look(5));
    }

    @Test
    void answersToWhatIsNotAskedAnyMoreChangeNothing() {
        lead();
        on(new CandidacyEvent.WorkReturned(false), 50);
        assertThat(on(looked(2), 60)).isEmpty();
        assertThat(on(new CandidacyEvent.Entered(1, 40), 60)).isEmpty();
        assertThat(on(new CandidacyEvent.Removed(2), 60)).isEmpty();
        assertThat(on(new CandidacyEvent.TermOver(39, TermEnd.SUPERSEDED), 60)).isEmpty();
    }

    @Test
    void aPriorityIsReadFromTheKeyAndForeignKeysHaveNone() {
        Candidacy preferred = new Candidacy(options(12), new SplittableRandom(1));
        preferred.on(new CandidacyEvent.LeaseBegan(LEASE), after(0));
        assertThat(preferred.on(new CandidacyEvent.Campaign(true), after(0)))
                .contains(new CandidacyEffect.Enter(1, "billing/abc-7-1-p12", LEASE));
        assertThat(CandidacyOptions.priorityOf("billing/abc-7-1-p12")).isEqualTo(12);
        assertThat(CandidacyOptions.priorityOf("my-p9/694d8f")).isZero();
        assertThat(CandidacyOptions.priorityOf("billing/x-pear")).isZero();
    }
}
