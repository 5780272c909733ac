package io.mandate.election.internal.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PlanTest {
    private static Map<String, Long> counts(Plan plan, List<Integer> partitions) {
        return partitions.stream()
                .flatMap(partition -> plan.owner(partition).stream())
                .collect(Collectors.groupingBy(owner -> owner, Collectors.counting()));
    }

    private static List<PlanMember> inZones(int members, int zones) {
        return IntStream.range(0, members)
                .mapToObj(i -> Rosters.in("zone-" + i % zones, "m" + i))
                .toList();
    }

    @Test
    void equalMembersGetTheSameButForOne() {
        Plan plan = Plan.empty(10).next(Rosters.named("a", "b", "c"));
        assertThat(counts(plan, IntStream.range(0, 10).boxed().toList()).values())
                .containsExactlyInAnyOrder(3L, 3L, 4L);
    }

    @Test
    void membersGetByTheirWeightAndWhatOneHasNoCapacityForTheOthersShare() {
        Plan plan = Plan.empty(100)
                .next(Rosters.of(
                        Rosters.weighing("a", 1), Rosters.weighing("b", 3), new PlanMember("c", 6, 20, "", false)));
        assertThat(plan.of("a")).hasSize(20);
        assertThat(plan.of("b")).hasSize(60);
        assertThat(plan.of("c")).hasSize(20);
    }

    @Test
    void theOrderInWhichMembersAreToldDoesNotMatter() {
        List<PlanMember> members = new ArrayList<>(inZones(9, 3));
        Plan plan = Plan.empty(100).next(Rosters.of(members));
        Collections.reverse(members);
        assertThat(Plan.empty(100).next(Rosters.of(members))).isEqualTo(plan).hasSameHashCodeAs(plan);
    }

    @Test
    void whatNobodyHasRoomForIsNobodysAndWhoHasItKeepsIt() {
        Plan plan = Plan.empty(10).next(Rosters.of(Rosters.capped("a", 4)));
        assertThat(plan.of("a")).hasSize(4);
        Plan next = plan.next(Rosters.of(Rosters.capped("a", 4), Rosters.capped("b", 3)));
        assertThat(next.of("a")).isEqualTo(plan.of("a"));
        assertThat(next.of("b")).hasSize(3);
        assertThat(IntStream.range(0, 10).filter(i -> next.owner(i).isEmpty())).hasSize(3);
    }

    @Test
    void ofWhatThereIsNotRoomForTheLastOwnedComesFirst() {
        PlanMember b = Rosters.capped("b", 30);
        Plan plan = Plan.empty(100).next(Rosters.of(Rosters.capped("a", 70), b)).next(Rosters.of(b));
        Plan next = plan.next(Rosters.of(Rosters.capped("c", 30)));
        assertThat(plan.of("b")).hasSize(30);
        assertThat(next.of("c")).isEqualTo(plan.of("b"));
    }

    @Test
    void aPinnedPartitionIsAtItsMemberWheneverThatIsThere() {
        Members both = new Members(
                Rosters.named("a", "b").members(), new TreeMap<>(Map.of(0, "b", 1, "b", 2, "b", 99, "a", -1, "a")));
        Plan plan = Plan.empty(6).next(both);
        assertThat(plan.of("b")).containsExactly(0, 1, 2);
        Plan without = plan.next(Rosters.without(both, "b"));
        assertThat(without.of("a")).hasSize(6);
        assertThat(without.next(both).of("b")).containsExactly(0, 1, 2);
    }

    @Test
    void morePinsThanAShareWinAndTheOthersShareTheRest() {
        TreeMap<Integer, String> pins = new TreeMap<>();
        IntStream.range(0, 8).forEach(i -> pins.put(i, "a"));
        Plan plan = Plan.empty(12).next(new Members(Rosters.named("a", "b", "c").members(), pins));
        assertThat(plan.of("a")).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
        assertThat(plan.of("b")).hasSize(2);
        assertThat(plan.of("c")).hasSize(2);
    }

    @Test
    void ofMorePinsThanACapacityTheLowerPartitionsWin() {
        TreeMap<Integer, String> pins = new TreeMap<>(Map.of(3, "a", 5, "a", 7, "a"));
        Plan plan = Plan.empty(12).next(new Members(List.of(Rosters.capped("a", 2), Rosters.member("b")), pins));
        assertThat(plan.of("a")).containsExactly(3, 5);
    }

    @Test
    void whoComesBackGetsItsOwnPartitions() {
        Plan plan = Plan.empty(100).next(Rosters.named("a", "b", "c", "d"));
        Plan without = plan.next(Rosters.named("a", "b", "d"));
        assertThat(without.of("c")).isEmpty();
        assertThat(without.next(Rosters.named("a", "b", "c", "d"))).isEqualTo(plan);
    }

    @Test
    void whoDrainsGivesAllAwayAndGetsItBack() {
        Members all = Rosters.named("a", "b", "c", "d");
        List<PlanMember> members = new ArrayList<>(all.members());
        members.set(1, Rosters.draining(members.get(1)));
        Plan plan = Plan.empty(100).next(all);
        Plan drained = plan.next(Rosters.of(members));
        assertThat(drained.of("b")).isEmpty();
        assertThat(drained.standbyOf("b")).isEmpty();
        assertThat(PlanProperties.moved(plan, drained)).isEqualTo(25);
        assertThat(drained.next(all)).isEqualTo(plan);
    }

    @Test
    void aZoneThatGoesIsSpreadEvenlyAndComesBackAsItWas() {
        List<PlanMember> members = inZones(30, 3);
        Plan plan = Plan.empty(3_000).next(Rosters.of(members));
        List<PlanMember> rest = members.stream()
                .filter(member -> !member.zone().equals("zone-0"))
                .toList();
        Plan without = plan.next(Rosters.of(rest));
        assertThat(PlanProperties.moved(plan, without)).isEqualTo(1_000);
        rest.forEach(
                member -> assertThat(without.of(member.name())).hasSize(150).containsAll(plan.of(member.name())));
        assertThat(without.next(Rosters.of(members))).isEqualTo(plan);
    }

    @Test
    void whatALeavingMemberHadIsSpreadOverAllOthers() {
        List<String> names = Rosters.names(11);
        Plan plan = Plan.empty(1_100).next(Rosters.named(names));
        Plan without = plan.next(Rosters.named(names.subList(1, 11)));
        assertThat(counts(without, plan.of("m0")).values()).containsOnly(10L).hasSize(10);
    }

    @Test
    void whatALeavingMemberHadGoesToOtherZonesFirst() {
        List<PlanMember> members = inZones(9, 3);
        Plan plan = Plan.empty(900).next(Rosters.of(members));
        Plan without = plan.next(Rosters.of(members.subList(1, 9)));
        Map<String, Long> to = counts(without, plan.of("m0"));
        assertThat(to.getOrDefault("m3", 0L) + to.getOrDefault("m6", 0L)).isEqualTo(24);
        assertThat(to.values()).allMatch(count -> count == 12 || count == 13);
    }

    @Test
    void aStandbyIsMostOftenTheOneThatGetsThePartition() {
        List<String> names = Rosters.names(20);
        Plan plan = Plan.empty(1_000).next(Rosters.named(names));
        long asTold = 0;
        for (String name : names) {
            Plan without = plan.next(Rosters.without(Rosters.named(names), name));
            asTold += plan.of(name).stream()
                    .filter(partition -> without.owner(partition).equals(plan.standby(partition)))
                    .count();
        }
        assertThat(asTold).isGreaterThan(700);
    }

    @Test
    void aStandbyIsInAnotherZoneAndHasRoom() {
        List<PlanMember> members = new ArrayList<>(inZones(9, 3));
        members.set(4, new PlanMember("m4", 1, 10, "zone-1", false));
        Plan plan = Plan.empty(900).next(Rosters.of(members));
        for (int partition = 0; partition < plan.partitions(); partition++) {
            int owner = Integer.parseInt(plan.owner(partition).orElseThrow().substring(1));
            int standby = Integer.parseInt(plan.standby(partition).orElseThrow().substring(1));
            assertThat((standby - owner) % 3).isNotZero();
            assertThat(standby).isNotEqualTo(4);
        }
        assertThat(members.stream()
                        .mapToInt(member -> plan.standbyOf(member.name()).size())
                        .sum())
                .isEqualTo(900);
    }

    @Test
    void aLoneMemberHasNoStandbyAndAnUnownedPartitionNeither() {
        assertThat(Plan.empty(3).next(Rosters.named("a")).standby(0)).isEmpty();
        assertThat(Plan.empty(3).standby(0)).isEmpty();
        assertThat(Plan.empty(2)
                        .next(Rosters.of(Rosters.capped("a", 1), Rosters.capped("b", 1)))
                        .standby(0))
                .isEmpty();
    }

    @Test
    void whileRebalancingIsPausedOnlyWhatNobodyHasIsGivenAway() {
        Plan plan = Plan.empty(12).next(Rosters.named("a", "b", "c"));
        Members joined = new Members(Rosters.named("a", "b", "c", "d").members(), new TreeMap<>(Map.of(0, "d")));
        assertThat(PlanProperties.moved(plan, plan.repaired(joined))).isZero();
        Plan without = plan.repaired(Rosters.without(joined, "c"));
        assertThat(without.of("a")).containsAll(plan.of("a"));
        assertThat(without.of("b")).containsAll(plan.of("b"));
        assertThat(without.of("d").size()).isGreaterThanOrEqualTo(3);
        assertThat(PlanProperties.moved(plan, without)).isEqualTo(plan.of("c").size());
    }

    @Test
    void whoComesBackWhileRebalancingIsPausedGetsItsOwnWhenItIsNoMore() {
        Members all = Rosters.named("a", "b", "c");
        Plan plan = Plan.empty(12).next(all);
        Plan without = plan.next(Rosters.without(all, "c"));
        Plan paused = without.repaired(all);
        assertThat(paused.of("c")).isEmpty();
        assertThat(paused.next(all)).isEqualTo(plan);
    }

    @Test
    void withoutMembersNobodyOwnsAnythingAndAllIsRemembered() {
        Members all = Rosters.named("a", "b", "c");
        Plan plan = Plan.empty(12).next(all);
        Plan none = plan.next(Rosters.of());
        assertThat(IntStream.range(0, 12).mapToObj(none::owner)).containsOnly(Optional.empty());
        assertThat(none.next(all)).isEqualTo(plan);
    }

    @Test
    void membersThatNeverComeAgainAreForgotten() {
        Plan plan = Plan.empty(2_000);
        for (int generation = 0; generation < 600; generation++) {
            plan = plan.next(Rosters.named("stays", "pod-" + generation, "pod-" + (generation + 1)));
            assertThat(plan.remembered()).hasSizeLessThanOrEqualTo(PreviousOwners.REMEMBERED_MAX);
        }
    }

    @Test
    void whatIsOutOfBoundsIsRefusedNamingTheBound() {
        assertThatThrownBy(() -> Plan.empty(0)).hasMessageContaining("0 partitions are not between 1 and 16384");
        assertThatThrownBy(() -> Plan.empty(16_385)).hasMessageContaining("between 1 and 16384");
        assertThatThrownBy(() -> Rosters.named(Rosters.names(1_001)))
                .hasMessageContaining("1001 members are more than 1000");
        assertThatThrownBy(() -> Rosters.named("a", "a")).hasMessageContaining("two members are named 'a'");
        assertThatThrownBy(() -> Rosters.weighing("a", 0)).hasMessageContaining("not between 1 and 1000");
        assertThatThrownBy(() -> Rosters.capped("a", 0)).hasMessageContaining("drain a member");
        assertThatThrownBy(() -> Rosters.member("a\nb")).hasMessageContaining("control character");
    }
}
