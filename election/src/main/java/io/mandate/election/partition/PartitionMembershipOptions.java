package io.mandate.election.partition;

import io.mandate.election.internal.history.TermHistory;
import io.mandate.election.internal.time.Scheduler;
import java.time.Duration;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** How a member takes part in a workload, checked. */
record PartitionMembershipOptions(
        WorkloadKeys keys,
        int partitions,
        String member,
        MemberRecord record,
        Duration ttl,
        Duration settle,
        Duration drainTimeout,
        int historyLength,
        Executor executor,
        @Nullable Scheduler scheduler,
        long seed) {
    static final Duration SETTLE_DEFAULT = Duration.ofMillis(500);
    private static final Duration SETTLE_MAX = Duration.ofMinutes(10);

    PartitionMembershipOptions {
        if (member.isEmpty()) {
            throw new IllegalArgumentException("the member of workload " + keys.workload()
                    + " has no name: give it one that it has again after a restart, because it then "
                    + "gets its partitions back");
        }
        WorkloadKeys.requireMember(member);
        if (settle.isNegative() || settle.compareTo(SETTLE_MAX) > 0) {
            throw new IllegalArgumentException("a settle time of " + settle + " is not between 0 and " + SETTLE_MAX
                    + ": it is how long members that come and go together may take");
        }
        if (historyLength < 0 || historyLength > TermHistory.LENGTH_MAX) {
            throw new IllegalArgumentException("a history of " + historyLength + " owners is not between 0 and "
                    + TermHistory.LENGTH_MAX + ": the store keeps it in one value for each partition");
        }
    }
}
