package io.mandate.keyspace;

import io.mandate.keyspace.api.Applied;
import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.Command;
import io.mandate.keyspace.api.Compare;
import io.mandate.keyspace.api.Event;
import io.mandate.keyspace.api.HistoryPage;
import io.mandate.keyspace.api.KeyRange;
import io.mandate.keyspace.api.KeyValue;
import io.mandate.keyspace.api.KeyspaceLimits;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.Request;
import io.mandate.keyspace.api.TxnOperation;
import java.util.List;

/** A keyspace with words for tests: applies commands one per log entry, in term 1 by default. */
public final class Store {
    public final Keyspace keyspace;
    private long term = 1;

    Store() {
        this(KeyspaceLimits.DEFAULT);
    }

    Store(KeyspaceLimits limits) {
        this(new Keyspace(limits));
    }

    Store(Keyspace keyspace) {
        this.keyspace = keyspace;
    }

    public static Bytes bytes(String text) {
        return Bytes.utf8(text);
    }

    static KeyRange key(String key) {
        return KeyRange.single(bytes(key));
    }

    public static KeyRange from(String key) {
        return new KeyRange(bytes(key), Bytes.ZERO);
    }

    static KeyRange range(String key, String end) {
        return new KeyRange(bytes(key), bytes(end));
    }

    static TxnOperation.Put put(String key, String value) {
        return TxnOperation.Put.of(bytes(key), bytes(value));
    }

    static TxnOperation.Put put(String key, String value, long leaseId) {
        return new TxnOperation.Put(bytes(key), bytes(value), leaseId, false, false, false);
    }

    static TxnOperation.Put putKeepingValue(String key, long leaseId) {
        return new TxnOperation.Put(bytes(key), Bytes.EMPTY, leaseId, false, true, false);
    }

    static TxnOperation.Put putKeepingLease(String key, String value) {
        return new TxnOperation.Put(bytes(key), bytes(value), 0, false, false, true);
    }

    static TxnOperation.Put putShowingPrevious(String key, String value) {
        return new TxnOperation.Put(bytes(key), bytes(value), 0, true, false, false);
    }

    static TxnOperation.DeleteRange delete(String key) {
        return new TxnOperation.DeleteRange(key(key), false);
    }

    static TxnOperation.DeleteRange delete(KeyRange keys) {
        return new TxnOperation.DeleteRange(keys, true);
    }

    static TxnOperation.Range get(String key) {
        return TxnOperation.Range.latest(key(key));
    }

    static TxnOperation.Range get(KeyRange keys, long revision) {
        return new TxnOperation.Range(
                keys,
                revision,
                0,
                TxnOperation.Range.SortOrder.NONE,
                TxnOperation.Range.SortTarget.KEY,
                false,
                false,
                0,
                0,
                0,
                0);
    }

    static TxnOperation.Txn txn(List<Compare> compares, List<TxnOperation> success, List<TxnOperation> failure) {
        return new TxnOperation.Txn(compares, success, failure);
    }

    static TxnOperation.Txn all(TxnOperation... operations) {
        return new TxnOperation.Txn(List.of(), List.of(operations), List.of());
    }

    static KeyValue keyValue(String key, String value, long create, long mod, long version, long leaseId) {
        return new KeyValue(bytes(key), bytes(value), create, mod, version, leaseId);
    }

    static Event deleted(String key, long revision, KeyValue previous) {
        return new Event(Event.Type.DELETE, new KeyValue(bytes(key), Bytes.EMPTY, 0, revision, 0, 0), previous);
    }

    static Event created(KeyValue keyValue) {
        return new Event(Event.Type.PUT, keyValue, null);
    }

    static Event changed(KeyValue keyValue, KeyValue previous) {
        return new Event(Event.Type.PUT, keyValue, previous);
    }

    public void term(long newTerm) {
        term = newTerm;
    }

    Applied apply(Command command) {
        return apply(Request.of(command));
    }

    Applied apply(Request request) {
        return keyspace.apply(keyspace.appliedIndex() + 1, term, request);
    }

    public Outcome outcome(Command command) {
        return apply(command).outcome();
    }

    /** Applies something that must not be refused. */
    public Applied must(Command command) {
        Applied applied = apply(command);
        if (applied.outcome() instanceof Outcome.Refused refused) {
            throw new AssertionError(command + " was refused: " + refused);
        }
        return applied;
    }

    public List<KeyValue> everything() {
        return everythingAt(0);
    }

    public List<KeyValue> everythingAt(long revision) {
        return ((Outcome.Ranged) keyspace.range(get(KeyRange.ALL, revision))).keyValues();
    }

    public List<Event> eventsFrom(long revision) {
        return ((HistoryPage.Events) keyspace.history(revision, KeyRange.ALL, Integer.MAX_VALUE)).events();
    }

    void compactAndTrim(long revision) {
        must(new Command.Compact(revision));
        while (keyspace.trim(1)) {
            // one step at a time, so that every place a pass can stop at is visited
        }
    }

    public long grant(long leaseId) {
        must(new Command.LeaseGrant(leaseId, 1000));
        return keyspace.lease(leaseId).orElseThrow().grantIndex();
    }
}
