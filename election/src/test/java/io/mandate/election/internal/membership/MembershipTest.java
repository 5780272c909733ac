package io.mandate.election.internal.membership;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.election.internal.plan.Members;
import io.mandate.election.internal.plan.Plan;
import io.mandate.election.internal.plan.PlanMember;
import io.mandate.election.internal.time.Moment;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MembershipTest {
    private static final long MILLI = 1_000_000;
    private static final Moment START = new Moment(5_000_000_000L, 1_700_000_000_000_000_000L);
    private static final int PARTITIONS = 4;
    private static final List<Integer> ALL =
            IntStream.range(0, PARTITIONS).boxed().toList();

    private final Membership membership = new Membership(
            new MembershipOptions("b", 500 * MILLI, 10_000 * MILLI, 1_000 * MILLI, 1_000 * MILLI, 3_000 * MILLI),
            new SplittableRandom(1));

    private static Moment after(long millis) {
        return START.plusNanos(millis * MILLI);
    }

    private static Members roster(String... names) {
        List<PlanMember> members = Arrays.stream(names)
                .map(name -> name.startsWith("-")
                        ? new PlanMember(name.substring(1), 1, Integer.MAX_VALUE, "", true)
                        : new PlanMember(name, 1, Integer.MAX_VALUE, "", false))
                .toList();
        return new Members(members, new TreeMap<>());
    }

    private static Plan planFor(String... names) {
        return Plan.empty(PARTITIONS).next(roster(names));
    }

    /** Members that drain begin with a dash; those first named came first. */
    private static WorkloadView view(long planVersion, Plan plan, String... names) {
        List<String> seniority =
                Arrays.stream(names).map(name -> name.replace("-", "")).toList();
        return new WorkloadView(planVersion, plan, roster(names), seniority, false);
    }

    private static MembershipEvent looked(long attempt, WorkloadView view) {
        return new MembershipEvent.Looked(attempt, view);
    }

    /** What is to be done, without when to come back. */
    private List<MembershipEffect> on(MembershipEvent event, long millis) {
        return effects(event, millis).stream()
                .filter(effect ->
                        !(effect instanceof MembershipEffect.WakeAt) && !(effect instanceof MembershipEffect.StandBy))
                .toList();
    }

    private List<MembershipEffect> effects(MembershipEvent event, long millis) {
        return membership.on(event, after(millis));
    }

    /** Everything is this member's, by plan 7, since the beginning. */
    private void ownEverything() {
        assertThat(on(new MembershipEvent.Registered(), 0)).containsExactly(new MembershipEffect.Look(1));
        assertThat(on(looked(1, view(7, planFor("b"), "b")), 10)).containsExactly(new MembershipEffect.Campaign(ALL));
    }

    @Test
    void whoIsRegisteredLooksAndCampaignsForWhatThePlanGivesIt() {
        ownEverything();
        assertThat(on(new MembershipEvent.Tick(), 20)).isEmpty();
    }

    @Test
    void whoIsNotRegisteredOwnsNothingWhateverThePlanSays() {
        on(new MembershipEvent.Changed(), 0);
        assertThat(on(looked(1, view(7, planFor("b"), "b")), 10)).isEmpty();
    }

    @Test
    void whoLosesItsRegistrationResignsEverything() {
        ownEverything();
        assertThat(on(new MembershipEvent.Unregistered(), 20)).containsExactly(new MembershipEffect.Resign(ALL));
        on(new MembershipEvent.Left(0, false), 30);
        assertThat(on(new MembershipEvent.Registered(), 40))
                .contains(new MembershipEffect.Campaign(List.of(0)), new MembershipEffect.Look(2));
    }

    @Test
    void aPlanIsMadeWhenTheMembersHaveBeenTheSameForTheSettleTime() {
        on(new MembershipEvent.Registered(), 0);
        Plan none = Plan.empty(PARTITIONS);
        assertThat(on(looked(1, view(0, none, "b")), 0)).isEmpty();
        assertThat(on(new MembershipEvent.Changed(), 300)).containsExactly(new MembershipEffect.Look(2));
        assertThat(on(looked(2, view(0, none, "b", "c")), 300)).isEmpty();
        assertThat(on(new MembershipEvent.Tick(), 799)).isEmpty();
        assertThat(on(new MembershipEvent.Tick(), 800)).containsExactly(new MembershipEffect.Look(3));
        assertThat(on(looked(3, view(0, none, "b", "c")), 810))
                .containsExactly(new MembershipEffect.WritePlan(4, 0, planFor("b", "c")));
    }

    @Test
    void membersThatComeAndGoAllTheTimeDoNotPutThePlanOffForEver() {
        on(new MembershipEvent.Registered(), 0);
        Plan none = Plan.empty(PARTITIONS);
        on(looked(1, view(0, none, "b")), 0);
        long attempt = 1;
        for (long millis = 400; millis < 2_500; millis += 400) {
            attempt++;
            assertThat(on(new MembershipEvent.Changed(), millis)).containsExactly(new MembershipEffect.Look(attempt));
            assertThat(on(looked(attempt, view(0, none, "b", "c" + millis)), millis))
                    .isEmpty();
        }
        attempt++;
        on(new MembershipEvent.Changed(), 2_500);
        assertThat(on(looked(attempt, view(0, none, "b", "d")), 2_500))
                .containsExactly(new MembershipEffect.WritePlan(attempt + 1, 0, planFor("b", "d")));
    }

    @Test
    void theSeniorMemberPlansAndTheOthersWaitLongerInCaseItDoesNot() {
        on(new MembershipEvent.Registered(), 0);
        Plan none = Plan.empty(PARTITIONS);
        on(looked(1, view(0, none, "a", "b")), 0);
        assertThat(on(new MembershipEvent.Tick(), 749)).isEmpty();
        assertThat(on(new MembershipEvent.Tick(), 750)).containsExactly(new MembershipEffect.Look(2));
        assertThat(on(looked(2, view(0, none, "a", "b")), 760))
                .containsExactly(new MembershipEffect.WritePlan(3, 0, planFor("a", "b")));
    }

    @Test
    void whoseTurnItIsToPlanLooksFirstAndLeavesAPlanThatIsThereByThen() {
        on(new MembershipEvent.Registered(), 0);
        on(looked(1, view(0, Plan.empty(PARTITIONS), "a", "b")), 0);
        assertThat(on(new MembershipEvent.Tick(), 750)).containsExactly(new MembershipEffect.Look(2));
        Plan written = planFor("a", "b");
        assertThat(on(looked(2, view(9, written, "a", "b")), 760))
                .containsExactly(new MembershipEffect.Campaign(written.of("b")));
    }

    @Test
    void afterWritingAPlanWhatIsThereIsLookedAtWhoeverWasFaster() {
        on(new MembershipEvent.Registered(), 0);
        on(looked(1, view(0, Plan.empty(PARTITIONS), "b")), 0);
        on(new MembershipEvent.Tick(), 500);
        assertThat(on(looked(2, view(0, Plan.empty(PARTITIONS), "b")), 510))
                .containsExactly(new MembershipEffect.WritePlan(3, 0, planFor("b")));
        assertThat(on(new MembershipEvent.PlanAnswered(3), 520)).containsExactly(new MembershipEffect.Look(4));
    }

    @Test
    void whatThePlanGivesToOthersIsResignedAndNotTakenAgainBeforeItWasLeft() {
        ownEverything();
        on(new MembershipEvent.Changed(), 100);
        Plan shared = planFor("b").next(roster("a", "b"));
        List<Integer> gone = shared.of("a");
        assertThat(on(looked(2, view(8, shared, "b", "a")), 110)).containsExactly(new MembershipEffect.Resign(gone));
        on(new MembershipEvent.Changed(), 200);
        assertThat(on(looked(3, view(9, planFor("b"), "b")), 210)).isEmpty();
        int first = gone.get(0);
        assertThat(on(new MembershipEvent.Left(first, false), 300))
                .containsExactly(new MembershipEffect.Campaign(List.of(first)));
    }

    @Test
    void aPartitionWhoseWorkReturnedUnaskedIsTakenAgainAWhileLater() {
        ownEverything();
        assertThat(on(new MembershipEvent.Left(2, true), 1_000)).isEmpty();
        assertThat(on(new MembershipEvent.Tick(), 1_999)).isEmpty();
        assertThat(on(new MembershipEvent.Tick(), 2_000)).containsExactly(new MembershipEffect.Campaign(List.of(2)));
    }

    @Test
    void whoLeavesSaysSoAndLetsGoOfWhatThePlanHasGivenToOthers() {
        ownEverything();
        on(new MembershipEvent.Changed(), 50);
        Plan shared = planFor("b").next(roster("a", "b"));
        on(looked(2, view(8, shared, "b", "a")), 60);
        shared.of("a").forEach(partition -> on(new MembershipEvent.Left(partition, false), 70));
        assertThat(on(new MembershipEvent.Leave(), 100)).containsExactly(new MembershipEffect.AnnounceLeaving());
        on(new MembershipEvent.Changed(), 200);
        assertThat(on(looked(3, view(8, shared, "-b", "a")), 210)).isEmpty();
        on(new MembershipEvent.Changed(), 800);
        Plan without = shared.next(roster("a", "-b"));
        assertThat(on(looked(4, view(9, without, "-b", "a")), 810))
                .containsExactly(new MembershipEffect.Resign(shared.of("b")));
        List<Integer> last = shared.of("b");
        last.subList(1, last.size()).forEach(partition -> on(new MembershipEvent.Left(partition, false), 820));
        assertThat(on(new MembershipEvent.Left(last.get(0), false), 900))
                .containsExactly(new MembershipEffect.Deregister());
    }

    @Test
    void whoLeavesWaitsForNobodyIfNobodyTakesOver() {
        ownEverything();
        assertThat(on(new MembershipEvent.Leave(), 100))
                .containsExactly(new MembershipEffect.AnnounceLeaving(), new MembershipEffect.Resign(ALL));
    }

    @Test
    void whoLeavesLetsGoInTheEndThoughNoPlanTakesItsPartitions() {
        ownEverything();
        on(new MembershipEvent.Changed(), 50);
        on(looked(2, view(7, planFor("b"), "b", "a")), 60);
        assertThat(on(new MembershipEvent.Leave(), 100)).containsExactly(new MembershipEffect.AnnounceLeaving());
        assertThat(on(new MembershipEvent.Tick(), 3_100)).contains(new MembershipEffect.Resign(ALL));
    }

    @Test
    void whoHasLeftTakesNothingThoughAPlanWrittenMeanwhileGivesItSomething() {
        on(new MembershipEvent.Registered(), 0);
        on(looked(1, view(0, Plan.empty(PARTITIONS), "b", "c")), 10);
        assertThat(on(new MembershipEvent.Tick(), 600)).containsExactly(new MembershipEffect.Look(2));
        assertThat(on(new MembershipEvent.Leave(), 601))
                .containsExactly(new MembershipEffect.AnnounceLeaving(), new MembershipEffect.Deregister());
        assertThat(on(looked(2, view(7, planFor("b", "c"), "b", "c")), 610)).isEmpty();
    }

    @Test
    void whatWasNotAnsweredIsAskedAnewAndTheLateAnswerDoesNotCount() {
        on(new MembershipEvent.Registered(), 0);
        assertThat(on(new MembershipEvent.Tick(), 999)).isEmpty();
        assertThat(on(new MembershipEvent.Tick(), 1_000)).containsExactly(new MembershipEffect.Look(2));
        assertThat(on(looked(1, view(7, planFor("b"), "b")), 1_010)).isEmpty();
        assertThat(on(looked(2, view(7, planFor("b"), "b")), 1_020))
                .containsExactly(new MembershipEffect.Campaign(ALL));
    }

    @Test
    void aFailureIsFollowedByAnotherLookALittleLaterEachTime() {
        on(new MembershipEvent.Registered(), 0);
        assertThat(on(new MembershipEvent.Failed(1), 10)).isEmpty();
        assertThat(on(new MembershipEvent.Tick(), 40)).containsExactly(new MembershipEffect.Look(2));
        assertThat(on(new MembershipEvent.Failed(2), 50)).isEmpty();
        assertThat(on(new MembershipEvent.Tick(), 70)).isEmpty();
        assertThat(on(new MembershipEvent.Tick(), 101)).containsExactly(new MembershipEffect.Look(3));
    }

    @Test
    void aChangeSeenWhileAnAnswerIsAwaitedIsLookedAtAfterIt() {
        on(new MembershipEvent.Registered(), 0);
        assertThat(on(new MembershipEvent.Changed(), 5)).isEmpty();
        assertThat(on(looked(1, view(7, planFor("b"), "b")), 10)).contains(new MembershipEffect.Look(2));
    }

    @Test
    void aStalledWatchOnlyDelays() {
        ownEverything();
        assertThat(on(new MembershipEvent.Tick(), 12_520)).containsExactly(new MembershipEffect.Look(2));
    }
}
