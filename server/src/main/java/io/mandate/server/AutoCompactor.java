package io.mandate.server;

import io.mandate.keyspace.Keyspace;
import io.mandate.keyspace.api.Command;
import io.mandate.keyspace.api.Request;
import io.mandate.server.raft.Replica;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Executes a {@link CompactionPlan}: every node samples revisions, only the leader compacts. */
final class AutoCompactor {
    private static final Logger LOG = LoggerFactory.getLogger(AutoCompactor.class);

    private final Replica replica;
    private final CompactionPlan plan;

    private AutoCompactor(Replica replica, CompactionPlan plan) {
        this.replica = replica;
        this.plan = plan;
    }

    static void start(AutoCompaction mode, Replica replica, ScheduledExecutorService scheduler) {
        if (mode.equals(AutoCompaction.OFF)) {
            return;
        }
        CompactionPlan plan = new CompactionPlan(mode);
        AutoCompactor compactor = new AutoCompactor(replica, plan);
        long intervalNanos = plan.interval().toNanos();
        scheduler.scheduleWithFixedDelay(compactor::compactIfDue, intervalNanos, intervalNanos, TimeUnit.NANOSECONDS);
    }

    private void compactIfDue() {
        Keyspace keyspace = replica.keyspace();
        plan.revisionToCompact(System.nanoTime(), keyspace.revision(), keyspace.compactedRevision())
                .ifPresent(this::compact);
    }

    private void compact(long revision) {
        if (!replica.status().isLeader()) {
            return;
        }
        replica.propose(Request.of(new Command.Compact(revision))).whenComplete((outcome, failure) -> {
            if (failure == null) {
                LOG.info("auto-compaction revision={}", revision);
            } else {
                LOG.warn("auto-compaction-failed revision={} cause=\"{}\"", revision, failure.getMessage());
            }
        });
    }
}
