package io.mandate.server;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.OptionalLong;

/**
 * Decides at which revision to compact; the intervals are etcd's. Pure: time is an argument. Not thread-safe.
 *
 * <p>Periodic: the revision is sampled ten times per retention, at least hourly; once a sample is older than the
 * retention, the history before it is compacted. By revision: every five minutes, all but the latest revisions are
 * compacted.
 */
final class CompactionPlan {
    private static final Duration REVISION_INTERVAL = Duration.ofMinutes(5);
    private static final Duration PERIODIC_INTERVAL_MAX = Duration.ofHours(1);
    private static final int SAMPLES_PER_RETENTION = 10;

    private record Sample(long revision, long atNanos) {}

    private final AutoCompaction mode;
    private final Deque<Sample> samples = new ArrayDeque<>();

    CompactionPlan(AutoCompaction mode) {
        this.mode = mode;
    }

    /** The interval of calls of {@link #revisionToCompact}. */
    Duration interval() {
        if (mode instanceof AutoCompaction.Periodic periodic) {
            Duration retention = periodic.retention();
            Duration base = retention.compareTo(PERIODIC_INTERVAL_MAX) > 0 ? PERIODIC_INTERVAL_MAX : retention;
            return base.dividedBy(SAMPLES_PER_RETENTION);
        }
        return REVISION_INTERVAL;
    }

    /**
     * Returns the revision to compact at now, if any.
     *
     * @param revision the store's revision
     * @param compactedRevision the revision of its last compaction
     */
    OptionalLong revisionToCompact(long nowNanos, long revision, long compactedRevision) {
        long target = compactedRevision;
        if (mode instanceof AutoCompaction.ByRevision byRevision) {
            target = revision - byRevision.revisions();
        } else if (mode instanceof AutoCompaction.Periodic periodic) {
            samples.addLast(new Sample(revision, nowNanos));
            long retentionNanos = periodic.retention().toNanos();
            while (nowNanos - samples.getFirst().atNanos() >= retentionNanos) {
                target = samples.removeFirst().revision();
            }
        }
        return target > Math.max(compactedRevision, 1) ? OptionalLong.of(target) : OptionalLong.empty();
    }
}
