package io.mandate.election.internal.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PlanTextTest {
    private static final String LETTERS = "bcdfghjklmnpqrstvwxz2456789";

    /** Half of the members of the largest workload left: as many homes away as there can be. */
    private static List<Plan> largest(Supplier<String> names, Supplier<String> zones) {
        List<PlanMember> members = IntStream.range(0, Members.MEMBERS_MAX)
                .mapToObj(i -> new PlanMember(names.get(), 1 + i % 7, Rosters.ANY, zones.get(), false))
                .toList();
        Plan all = Plan.empty(Plan.PARTITIONS_MAX).next(Rosters.of(members));
        Plan half = all.next(Rosters.of(members.subList(0, 500)));
        return List.of(all, half, half.next(Rosters.of(members.subList(250, 1_000))));
    }

    private static String letters(Random random, int length) {
        return random.ints(length, 0, LETTERS.length())
                .mapToObj(i -> LETTERS.substring(i, i + 1))
                .collect(Collectors.joining());
    }

    @Test
    void theTextIsAsItsJavadocShowsIt() {
        Plan plan = Plan.empty(3)
                .next(Rosters.of(new PlanMember("host-7", 1, 1, "zone-a", false), Rosters.weighing("host-8", 2)));
        assertThat(plan.text().lines())
                .contains("mandate-plan-1", "partitions 3", "member host-7\tzone-a\t1\tfull", "member host-8\t\t2")
                .hasSize(5)
                .last()
                .asString()
                .matches("owners (AA|AB){3}");
    }

    @Test
    void theLargestPlanFitsIntoOneValueOfTheStoreWithNamesOfContainers() {
        Random random = new Random(1);
        Supplier<String> names = () -> "orders-service-worker-" + letters(random, 10) + "-" + letters(random, 5);
        SplittableRandom zones = new SplittableRandom(1);
        for (Plan plan : largest(names, () -> "europe-west3-" + "abc".charAt(zones.nextInt(3)))) {
            assertThat(plan.text().length()).isLessThanOrEqualTo(PlanText.BYTES_MAX);
            assertThat(Plan.parse(plan.text())).isEqualTo(plan);
        }
    }

    @Test
    void namesOfTwentyBytesFitWhateverTheyAreIfNeedBeWithoutHomes() {
        Random random = new Random(1);
        Supplier<String> names = () ->
                random.ints(20, ' ' + 1, '~').mapToObj(Character::toString).collect(Collectors.joining());
        for (Plan plan : largest(names, () -> "")) {
            Plan read = Plan.parse(plan.text());
            assertThat(plan.text().length()).isLessThanOrEqualTo(PlanText.BYTES_MAX);
            assertThat(PlanProperties.moved(plan, read)).isZero();
            assertThat(read.takers()).isEqualTo(plan.takers());
        }
    }

    @Test
    void whatDoesNotFitIsRefusedNamingTheRemedy() {
        Random random = new Random(1);
        Plan plan =
                largest(() -> letters(random, 100), () -> letters(random, 50)).get(0);
        assertThatThrownBy(plan::text)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("more than 65536")
                .hasMessageContaining("shorter names");
    }

    @Test
    void aTextThatIsNoPlanIsRefusedSayingWhatIsWrong() {
        Plan plan = Plan.empty(3).next(Rosters.named("a", "b", "c")).next(Rosters.named("a", "b"));
        String text = plan.text();
        assertThat(Plan.parse(text)).isEqualTo(plan);
        assertRefused("something", "no plan of the kind");
        assertRefused("", "no plan of the kind");
        assertRefused("mandate-plan-2\n", "no plan of the kind");
        assertRefused("mandate-plan-1z !", "base64");
        assertRefused("mandate-plan-1z AAAA", "damaged");
        assertRefused(text.replace("partitions 3", "partitions 4"), "not two for each of 4");
        assertRefused(text.replace("partitions 3", "partitions x"), "'x', which is no number from 1 to 16384");
        assertRefused(text.replace("partitions 3\n", ""), "does not say 'partitions'");
        assertRefused(text.replaceAll("owners ..", "owners AZ"), "'AZ' for partition 0");
        assertRefused(text.replaceAll("owners ..", "owners .A"), "'.A' for partition 0");
        assertRefused(text.replaceAll("owners .*\n", ""), "does not say 'owners'");
        assertRefused(text.replace("member b\t", "member a\t"), "'a' after 'a'");
        assertRefused(text.replace("member b\t", "member b"), "is not a name, a zone and a weight");
        assertRefused(text.replace("\t1", "\t0"), "no number from 1 to 1000");
        assertRefused(text.replace("remembered c", "remembered a"), "remembers a member twice");
        assertRefused(text + "more\n", "'more', is more than a plan has");
    }

    private static void assertRefused(String text, String why) {
        assertThatThrownBy(() -> Plan.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(why);
    }
}
