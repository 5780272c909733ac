package io.mandate.keyspace;

import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.Event;
import io.mandate.keyspace.api.HashKv;
import io.mandate.keyspace.api.HistoryPage;
import io.mandate.keyspace.api.KeyRange;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.Outcome.Refused.Reason;
import io.mandate.keyspace.api.TxnOperation;
import io.mandate.keyspace.index.Pins;
import io.mandate.keyspace.index.Version;
import io.mandate.keyspace.snapshot.ContentHash;
import io.mandate.keyspace.snapshot.KeyRecords;
import io.mandate.keyspace.state.Evaluation;
import io.mandate.keyspace.state.RangeCheck;
import io.mandate.keyspace.state.State;
import io.mandate.keyspace.state.TxnBranches;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads beside the writer, without locks.
 *
 * <p>A read takes the published revision and walks the index, passing over what is newer. What it needs can be cut away
 * meanwhile only if a compaction overtakes it; it finds out at the end from {@link State#cutRevision()} and starts
 * again at a newer revision. After {@value #OPTIMISTIC_READS_MAX} such mishaps it pins its revision, which makes the
 * trimmer wait instead.
 */
final class Reader {
    private static final int OPTIMISTIC_READS_MAX = 3;

    private final State state;

    Reader(State state) {
        this.state = state;
    }

    Outcome range(TxnOperation.Range range) {
        return read(snapshot -> {
            if (range.revision() > 0) {
                Reason reason = snapshot.check().refusalOf(range.revision());
                if (reason != null) {
                    return new Outcome.Refused(snapshot.revision, reason);
                }
            }
            return snapshot.range(range);
        });
    }

    Outcome txn(TxnOperation.Txn txn) {
        return read(snapshot -> {
            TxnBranches plan =
                    TxnBranches.of(txn, compare -> Evaluation.holds(state.index, compare, snapshot.revision));
            Reason reason = plan.firstRefusal(snapshot.check());
            return reason != null
                    ? new Outcome.Refused(snapshot.revision, reason)
                    : plan.run(snapshot, () -> snapshot.revision);
        });
    }

    HistoryPage history(long fromRevision, KeyRange keys, int eventsMax) {
        long compacted = state.compactedRevision();
        if (fromRevision < compacted) {
            return new HistoryPage.Compacted(compacted);
        }
        long revision = state.revision();
        long nextRevision = Math.max(fromRevision, revision + 1);
        List<Event> events = new ArrayList<>();
        long lookedAtRevision = fromRevision;
        int lookedAt = 0;
        for (long position = state.history.positionOf(fromRevision); ; position++) {
            Version version = state.history.at(position);
            if (version == null || version.modRevision() > revision) {
                break;
            }
            if (lookedAt >= eventsMax && version.modRevision() != lookedAtRevision) {
                nextRevision = version.modRevision();
                break;
            }
            lookedAt++;
            lookedAtRevision = version.modRevision();
            if (contains(keys, version.key())) {
                events.add(version.toEvent(version.modRevision() > compacted ? version.previous() : null));
            }
        }
        return state.cutRevision() > fromRevision
                ? new HistoryPage.Compacted(state.compactedRevision())
                : new HistoryPage.Events(events, nextRevision, revision);
    }

    HashKv hashKv(long askedRevision) {
        while (true) {
            long compacted = state.compactedRevision();
            long latest = state.revision();
            long revision = askedRevision <= 0 ? latest : askedRevision;
            Reason reason = new RangeCheck(latest, compacted).refusalOf(revision);
            if (reason != null) {
                return new HashKv.Refused(reason);
            }
            try (Pins.Pin pin = state.pins.pin(compacted)) {
                if (state.cutRevision() <= pin.revision()) {
                    ContentHash hash = new ContentHash();
                    KeyRecords records = new KeyRecords(state, compacted, revision);
                    while (records.step(hash)) {
                        // every record
                    }
                    return new HashKv.Hashed(Long.hashCode(hash.value()), compacted, revision, latest);
                }
            }
        }
    }

    private static boolean contains(KeyRange keys, byte[] key) {
        return keys.contains(Bytes.owning(key));
    }

    private Outcome read(Attempt attempt) {
        for (int i = 0; i < OPTIMISTIC_READS_MAX; i++) {
            Snapshot snapshot = new Snapshot(state.compactedRevision(), state.revision());
            Outcome outcome = attempt.at(snapshot);
            if (snapshot.isWhole(outcome)) {
                return outcome;
            }
        }
        while (true) {
            long revision = state.revision();
            try (Pins.Pin pin = state.pins.pin(revision)) {
                if (state.cutRevision() <= pin.revision()) {
                    Snapshot snapshot = new Snapshot(state.compactedRevision(), revision);
                    Outcome outcome = attempt.at(snapshot);
                    if (snapshot.isWhole(outcome)) {
                        return outcome;
                    }
                }
            }
        }
    }

    private interface Attempt {
        Outcome at(Snapshot snapshot);
    }

    /** One revision, and how far back of it was looked. */
    private final class Snapshot implements TxnOperation.Handler<Outcome> {
        private final long compactedRevision;
        private final long revision;
        private long oldestRead;

        Snapshot(long compactedRevision, long revision) {
            this.compactedRevision = compactedRevision;
            this.revision = revision;
            this.oldestRead = revision;
        }

        RangeCheck check() {
            return new RangeCheck(revision, compactedRevision);
        }

        /** Whether nothing that {@code outcome} rests on was cut while it was read. */
        boolean isWhole(Outcome outcome) {
            return state.cutRevision() <= (outcome instanceof Outcome.Refused ? revision : oldestRead);
        }

        @Override
        public Outcome range(TxnOperation.Range range) {
            long readRevision = range.revision() > 0 ? range.revision() : revision;
            oldestRead = Math.min(oldestRead, readRevision);
            return Evaluation.range(state.index, range, readRevision, revision);
        }

        @Override
        public Outcome put(TxnOperation.Put put) {
            throw new AssertionError("a put in a read-only transaction");
        }

        @Override
        public Outcome deleteRange(TxnOperation.DeleteRange deleteRange) {
            throw new AssertionError("a delete in a read-only transaction");
        }

        /** Run by its plan. */
        @Override
        public Outcome txn(TxnOperation.Txn txn) {
            throw new AssertionError("a nested transaction reached the reader without its plan");
        }
    }
}
