package io.mandate.keyspace.state;

import io.mandate.keyspace.api.Event;
import io.mandate.keyspace.api.KeyValue;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.TxnOperation;
import io.mandate.keyspace.index.Version;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The next revision while it is being made. Its versions are in the index at once, where its own reads find them and
 * other readers pass over them as too new; everything else follows at {@link #commit}. {@link #undo} leaves no trace.
 * Without a change there is no new revision.
 */
final class Draft implements TxnOperation.Handler<Outcome> {
    private final State state;
    private final long baseRevision;
    private final List<Version> changes = new ArrayList<>(1);

    Draft(State state) {
        this.state = state;
        this.baseRevision = state.revision();
    }

    /** What an operation sees, and its answer carries: the revision before, until something is changed. */
    long revision() {
        return changes.isEmpty() ? baseRevision : baseRevision + 1;
    }

    @Override
    public Outcome range(TxnOperation.Range range) {
        long revision = revision();
        return Evaluation.range(state.index, range, range.revision() > 0 ? range.revision() : revision, revision);
    }

    @Override
    public Outcome put(TxnOperation.Put put) {
        byte[] key = put.key().sharedArray();
        Version head = state.index.head(key);
        Version current = head == null || head.isTombstone() ? null : head;
        if (current == null && (put.ignoreValue() || put.ignoreLease())) {
            return new Outcome.Refused(baseRevision, Outcome.Refused.Reason.KEY_NOT_FOUND);
        }
        long revision = baseRevision + 1;
        byte[] value = current != null && put.ignoreValue()
                ? current.value()
                : put.value().sharedArray();
        long leaseId = current != null && put.ignoreLease() ? current.leaseId() : put.leaseId();
        change(Version.put(
                head == null ? key : head.key(),
                value,
                revision,
                current == null ? revision : current.createRevision(),
                current == null ? 1 : current.version() + 1,
                leaseId,
                head));
        return new Outcome.Written(revision, put.previousKeyValue() && current != null ? current.toKeyValue() : null);
    }

    @Override
    public Outcome deleteRange(TxnOperation.DeleteRange deleteRange) {
        List<Version> found = new ArrayList<>(1);
        state.index.scan(deleteRange.keys(), revision(), found::add);
        for (Version version : found) {
            delete(version);
        }
        List<KeyValue> previous = deleteRange.previousKeyValues()
                ? found.stream().map(Version::toKeyValue).toList()
                : List.of();
        return new Outcome.Deleted(revision(), found.size(), previous);
    }

    /** Nested transactions are run by their {@link TxnBranches}, which was made before the first change. */
    @Override
    public Outcome txn(TxnOperation.Txn txn) {
        throw new AssertionError("a nested transaction reached the draft without its plan");
    }

    /** Deletes one key, if it exists. */
    void delete(byte[] key) {
        Optional.ofNullable(state.index.live(key, baseRevision + 1)).ifPresent(this::delete);
    }

    private void delete(Version current) {
        change(Version.tombstone(current.key(), baseRevision + 1, current));
    }

    private void change(Version version) {
        state.index.push(version);
        changes.add(version);
    }

    /** Makes the revision real and gives its events, in the order of the changes. */
    List<Event> commit() {
        if (changes.isEmpty()) {
            return List.of();
        }
        List<Event> events = new ArrayList<>(changes.size());
        for (Version version : changes) {
            state.settle(version);
            state.history.append(version);
            events.add(version.toEvent(version.previous()));
        }
        state.publish(baseRevision + 1);
        return events;
    }

    void undo() {
        for (int i = changes.size() - 1; i >= 0; i--) {
            state.index.pop(changes.get(i));
        }
        changes.clear();
    }
}
