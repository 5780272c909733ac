package io.mandate.election.partition;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseStore;
import io.mandate.testkit.LoggedLines;
import io.mandate.testkit.time.VirtualScheduler;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A plan that cannot be read or written keeps partitions where they are, and is complained of once. */
class UnusablePlanTest {
    private static final String PLAN = "orders/assignment/plan";

    private final VirtualWorkload orders = new VirtualWorkload();
    private final LoggedLines log = LoggedLines.of(PartitionMembership.class);

    @AfterEach
    void close() {
        log.close();
        orders.close();
    }

    private List<String> complaints() {
        return Stream.concat(log.of("workload-unreadable").stream(), log.of("plan-too-long").stream())
                .toList();
    }

    private String plan() {
        return orders.store.entries(PLAN).stream().map(Entry::value).findFirst().orElseThrow();
    }

    @Test
    void whileThePlanIsOfALaterVersionMembersKeepWhatTheyOwnAndSaySoOnce() {
        orders.join("a");
        orders.join("b");
        orders.awaitOwned("a", 6);
        orders.awaitOwned("b", 6);
        String readable = plan();
        orders.store.operatorWrites(PLAN, "mandate-plan-2\nsomething else");
        orders.join("c");
        orders.time.runFor(Duration.ofMinutes(5));
        assertThat(orders.owned("a")).isEqualTo(6);
        assertThat(orders.owned("b")).isEqualTo(6);
        assertThat(plan()).startsWith("mandate-plan-2");
        assertThat(complaints())
                .hasSize(3)
                .allSatisfy(complaint ->
                        assertThat(complaint).contains("workload-unreadable", "no plan of the kind mandate-plan-1"));

        orders.store.operatorWrites(PLAN, readable);
        orders.awaitOwned("c", 4);
        orders.store.operatorWrites(PLAN, "mandate-plan-2\nsomething else");
        orders.time.runFor(Duration.ofMinutes(1));
        assertThat(complaints()).as("said again when it happens again").hasSize(6);
        orders.store.operatorWrites(PLAN, readable);
    }

    @Test
    void whileThePlanWouldBeTooLongMembersKeepWhatTheyOwnAndSaySoOnce() {
        orders.join("a");
        orders.awaitOwned("a", 12);
        Random random = new Random(1);
        Entry registered = orders.store.entries("orders/members/a/").get(0);
        LeaseStore others = orders.store.client(new VirtualScheduler(orders.time, "others"));
        for (int i = 0; i < 700; i++) {
            String zone = name(random);
            others.compareAndSet(
                    "orders/members/" + name(random) + "/" + Long.toHexString(registered.leaseId()),
                    0,
                    registered.value().replace("\tzone=\t", "\tzone=" + zone + "\t"),
                    registered.leaseId());
        }
        orders.time.runFor(Duration.ofMinutes(1));
        assertThat(orders.owned("a")).isEqualTo(12);
        assertThat(complaints()).singleElement().asString().contains("plan-too-long", "shorter names");

        orders.store.entries("orders/members/").stream()
                .map(Entry::key)
                .filter(key -> !key.startsWith("orders/members/a/"))
                .forEach(orders.store::operatorDeletes);
        orders.join("b");
        orders.awaitOwned("a", 6);
        orders.awaitOwned("b", 6);
    }

    /** A hundred letters that cannot be compressed much. */
    private static String name(Random random) {
        return random.ints(100, '0', 'z' + 1)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}
