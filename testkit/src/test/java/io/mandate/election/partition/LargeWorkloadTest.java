package io.mandate.election.partition;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Ten thousand partitions over a hundred members, of which one dies. */
@Tag("long")
class LargeWorkloadTest {
    private static final int PARTITIONS = 10_000;
    private static final int MEMBERS = 100;
    /** What is allowed from the end of the dead member's lease until others own all that it owned. */
    private static final Duration TAKEN_WITHIN = Duration.ofSeconds(2);

    private static final Duration STEP = Duration.ofMillis(10);

    private final VirtualWorkload orders = new VirtualWorkload(PARTITIONS);

    @AfterEach
    void close() {
        orders.close();
    }

    private static String member(int index) {
        return "host-" + index;
    }

    private boolean allOwned(int firstMember) {
        return IntStream.range(firstMember, MEMBERS)
                        .map(index -> orders.owned(member(index)))
                        .sum()
                == PARTITIONS;
    }

    /** @return milliseconds until then */
    private long awaitAllOwned(int firstMember) {
        long beginNanos = orders.time.nanos();
        while (!allOwned(firstMember)) {
            orders.time.runFor(STEP);
            assertThat(orders.time.nanos() - beginNanos)
                    .isLessThan(Duration.ofSeconds(60).toNanos());
        }
        return (orders.time.nanos() - beginNanos) / 1_000_000;
    }

    private List<String> owners() {
        return orders.answer(orders.control.state(false)).partitions().stream()
                .map(partition -> partition.owner().orElse(""))
                .toList();
    }

    private int requests() {
        int sum = orders.requests.values().stream().mapToInt(Integer::intValue).sum();
        orders.requests.clear();
        return sum;
    }

    @Test
    void whatADeadMemberOwnedIsOwnedByOthersSoonAndNothingElseMoves() {
        IntStream.range(0, MEMBERS).forEach(index -> orders.join(member(index)));
        long startedMillis = awaitAllOwned(0);
        int startRequests = requests();
        orders.time.runFor(Duration.ofSeconds(30));
        List<String> before = owners();
        requests();
        orders.process(member(0)).kill();
        long takenMillis = awaitAllOwned(1);
        int takenRequests = requests();
        orders.time.runFor(Duration.ofSeconds(30));
        List<String> after = owners();
        int ofTheDead = (int) before.stream().filter(member(0)::equals).count();
        int moved = (int) IntStream.range(0, PARTITIONS)
                .filter(partition -> !before.get(partition).equals(after.get(partition)))
                .count();
        System.out.printf(
                "%,d partitions over %d members, in virtual time: all owned %,d ms after the first member "
                        + "joined (%,d requests); one dies that owned %d:"
                        + " all owned again after %,d ms, of which the lease lasts %,d at most (%,d requests), "
                        + "%d moved%n",
                PARTITIONS,
                MEMBERS,
                startedMillis,
                startRequests,
                ofTheDead,
                takenMillis,
                VirtualWorkload.TTL.toMillis(),
                takenRequests,
                moved);
        assertThat(ofTheDead).isEqualTo(PARTITIONS / MEMBERS);
        assertThat(moved).isEqualTo(ofTheDead);
        assertThat(Duration.ofMillis(takenMillis)).isLessThan(VirtualWorkload.TTL.plus(TAKEN_WITHIN));
        assertThat(takenRequests).as("for one batch or two of each member").isLessThan(20 * MEMBERS);
    }
}
