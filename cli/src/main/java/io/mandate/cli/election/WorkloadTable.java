package io.mandate.cli.election;

import io.mandate.election.partition.MemberState;
import io.mandate.election.partition.PartitionState;
import io.mandate.election.partition.WorkloadState;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What {@code mandate partitions} prints of a workload. */
final class WorkloadTable {
    private static final String MEMBER = "%-20s %-10s %6s %8s %7s %5s  %-8s %s";
    private static final String PARTITION = "%-9s %-20s %-20s %-10s %-24s %s";

    private WorkloadTable() {}

    /** The members, with {@code all} the partitions too, and a summary as the last line. */
    static List<String> lines(WorkloadState state, boolean all) {
        List<String> lines = new ArrayList<>();
        lines.add(String.format(
                MEMBER, "MEMBER", "ZONE", "WEIGHT", "CAPACITY", "PLANNED", "OWNED", "DRAINING", "LABELS"));
        state.members().forEach(member -> lines.add(line(member)));
        if (all) {
            lines.add("");
            lines.add(String.format(PARTITION, "PARTITION", "OWNER", "PLANNED", "TOKEN", "SINCE", "PINNED"));
            state.partitions().forEach(partition -> lines.add(line(partition)));
        }
        lines.add("");
        lines.add(summary(state));
        return lines.stream().map(String::stripTrailing).toList();
    }

    private static String line(MemberState member) {
        return String.format(
                MEMBER,
                member.name(),
                member.zone().isEmpty() ? "-" : member.zone(),
                member.weight(),
                member.capacity() == Integer.MAX_VALUE ? "-" : member.capacity(),
                member.planned(),
                member.owned(),
                member.draining() ? "yes" : "no",
                labels(member.labels()));
    }

    private static String labels(Map<String, String> labels) {
        return new TreeMap<>(labels)
                .entrySet().stream()
                        .map(label -> label.getKey() + "=" + label.getValue())
                        .collect(Collectors.joining(" "));
    }

    private static String line(PartitionState partition) {
        String planned = partition.planned().orElse("nobody");
        return String.format(
                PARTITION,
                partition.partition(),
                partition.owner().orElse("nobody"),
                partition.isMoving() ? planned : "-",
                partition.token() == 0 ? "-" : partition.token(),
                partition
                        .since()
                        .map(since -> since.truncatedTo(ChronoUnit.MILLIS))
                        .map(Instant::toString)
                        .orElse("-"),
                partition.pinned().orElse("-"));
    }

    /** How many partitions are where they should be, on their way, and nobody's. */
    static String summary(WorkloadState state) {
        long owned = state.partitions().stream()
                .filter(partition -> partition.owner().isPresent())
                .count();
        long moving = state.partitions().stream()
                .filter(partition -> partition.owner().isPresent() && partition.isMoving())
                .count();
        return String.format(
                "%s: %d partitions, %d owned, %d moving, %d unowned; %d members; rebalancing %s",
                state.workload(),
                state.partitions().size(),
                owned,
                moving,
                state.partitions().size() - owned,
                state.members().size(),
                state.paused() ? "paused" : "on");
    }
}
