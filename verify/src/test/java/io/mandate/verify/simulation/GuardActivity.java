package io.mandate.verify.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;

/** What the guards of many seeds had to do, for each kind of guard. */
final class GuardActivity {
    private GuardActivity() {}

    /**
     * Writes of leaders of the past were refused, others overtaken, and processes died in some: or E2 would say little.
     */
    static void assertEnough(List<GuardedWrites.Counts> all) {
        for (GuardedWrites.Kind kind : GuardedWrites.Kind.values()) {
            List<GuardedWrites.Counts> counts =
                    all.stream().filter(count -> count.kind() == kind).toList();
            long written =
                    counts.stream().mapToLong(GuardedWrites.Counts::written).sum();
            long refused =
                    counts.stream().mapToLong(GuardedWrites.Counts::refused).sum();
            long overtaking =
                    counts.stream().mapToLong(GuardedWrites.Counts::overtaking).sum();
            long deaths =
                    counts.stream().mapToLong(GuardedWrites.Counts::deaths).sum();
            System.out.printf(
                    "%s, %,d seeds: %,d writes, %,d of leaders of the past refused, %,d in the middle of "
                            + "another, %,d broken off%n",
                    kind, counts.size(), written, refused, overtaking, deaths);
            assertThat(written).isGreaterThan(10L * counts.size());
            assertThat(List.of(refused, overtaking, deaths))
                    .allSatisfy(times -> assertThat(times).isPositive());
        }
    }
}
