package io.mandate.server;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.OptionalLong;

/**
 * Decides what automatic compaction forgets and when to look again; the intervals are etcd's. Not thread-safe; time is
 * an argument.
 *
 * <p>Periodic: the revision is noted ten times per retention (at least hourly); once a note is older than the
 * retention, history before it goes. By revision: every five minutes all but the latest so many revisions go.
 */
final class CompactionPlan {
    private static final Duration REVISION_INTERVAL = Duration.ofMinutes(5);
    private static final Duration PERIODIC_INTERVAL_MAX = Duration.ofHours(1);
    private static final int NOTES_PER_RETENTION = 10;

    private record Note(long revision, long atNanos) {}

    private final AutoCompaction mode;
    private final Deque<Note> notes = new ArrayDeque<>();

    CompactionPlan(AutoCompaction mode) {
        this.mode = mode;
    }

    /** How long to wait between two calls of {@link #revisionToCompact}. */
    Duration interval() {
        if (mode instanceof AutoCompaction.Periodic periodic) {
            Duration retention = periodic.retention();
            Duration base = retention.compareTo(PERIODIC_INTERVAL_MAX) > 0 ? PERIODIC_INTERVAL_MAX : retention;
            return base.dividedBy(NOTES_PER_RETENTION);
        }
        return REVISION_INTERVAL;
    }

    /**
     * The revision to compact at now, if any; {@code revision} is the store's, {@code compacted} that of its last
     * compaction.
     */
    OptionalLong revisionToCompact(long nowNanos, long revision, long compacted) {
        long target = compacted;
        if (mode instanceof AutoCompaction.ByRevision byRevision) {
            target = revision - byRevision.revisions();
        } else if (mode instanceof AutoCompaction.Periodic periodic) {
            notes.addLast(new Note(revision, nowNanos));
            long retentionNanos = periodic.retention().toNanos();
            while (nowNanos - notes.getFirst().atNanos() >= retentionNanos) {
                target = notes.removeFirst().revision();
            }
        }
        return target > Math.max(compacted, 1) ? OptionalLong.of(target) : OptionalLong.empty();
    }
}
