package io.mandate.keyspace.snapshot;

import io.mandate.keyspace.index.Version;
import io.mandate.keyspace.state.State;
import java.util.Iterator;

/**
 * Walks over the keys as they stand at the compacted revision and then over the history from there up to a revision:
 * all that can be read of the keys. The compacted revision must be pinned meanwhile.
 */
public final class KeyRecords {
    private final State state;
    private final long compactedRevision;
    private final long revision;
    private final Iterator<Version> heads;
    private long position = -1;

    public KeyRecords(State state, long compactedRevision, long revision) {
        this.state = state;
        this.compactedRevision = compactedRevision;
        this.revision = revision;
        this.heads = state.index.heads().iterator();
    }

    /** Hands at most one record to {@code sink}; false when there are no more. */
    public boolean step(RecordSink sink) {
        if (position < 0) {
            // Without a compaction the history has it all.
            if (compactedRevision >= 0 && heads.hasNext()) {
                base(heads.next(), sink);
                return true;
            }
            position = state.history.positionOf(compactedRevision);
        }
        Version version = state.history.at(position);
        if (version == null || version.modRevision() > revision) {
            return false;
        }
        record(SnapshotFormat.CHANGE, version, sink);
        position++;
        return true;
    }

    private void base(Version head, RecordSink sink) {
        Version version = head.at(compactedRevision);
        if (version != null && !version.isTombstone() && version.modRevision() < compactedRevision) {
            record(SnapshotFormat.BASE, version, sink);
        }
    }

    private static void record(int type, Version version, RecordSink sink) {
        SnapshotFormat.version(version, sink.start(type));
        sink.end();
    }
}
