package io.mandate.keyspace;

import io.mandate.keyspace.api.Alarm;
import io.mandate.keyspace.api.Applied;
import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.HashKv;
import io.mandate.keyspace.api.HistoryPage;
import io.mandate.keyspace.api.KeyRange;
import io.mandate.keyspace.api.KeyspaceLimits;
import io.mandate.keyspace.api.Lease;
import io.mandate.keyspace.api.MalformedDataException;
import io.mandate.keyspace.api.Member;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.Request;
import io.mandate.keyspace.api.TxnOperation;
import io.mandate.keyspace.index.LeaseEntry;
import io.mandate.keyspace.snapshot.KeyspaceSnapshot;
import io.mandate.keyspace.snapshot.KeyspaceSnapshotReader;
import io.mandate.keyspace.state.Applier;
import io.mandate.keyspace.state.State;
import io.mandate.keyspace.state.Trimmer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The deterministic state machine: what a command does to the data.
 *
 * <p>Threads: one writer at a time calls {@link #apply} and the methods named as the writer's; everything else may be
 * called by any thread at any time and sees one committed revision. Readers take no locks and never hold the writer up.
 */
public final class Keyspace {
    private final State state;
    private final Applier applier;
    private final Trimmer trimmer;
    private final Reader reader;

    public Keyspace(KeyspaceLimits limits) {
        this(new State(limits));
    }

    /**
     * The keyspace that a snapshot holds.
     *
     * @param reader has accepted the whole snapshot, and is of no more use
     * @throws MalformedDataException if its end is missing
     */
    public static Keyspace restore(KeyspaceSnapshotReader reader) {
        return new Keyspace(reader.finish());
    }

    private Keyspace(State state) {
        this.state = state;
        this.applier = new Applier(state);
        this.trimmer = new Trimmer(state);
        this.reader = new Reader(state);
    }

    /**
     * Applies the request found at {@code index} of the log. Writer only. Several requests may share one index (a
     * batch), in order.
     *
     * @param index log index of the entry, not falling
     * @param term term of the entry
     */
    public Applied apply(long index, long term, Request request) {
        Applied applied = applier.apply(term, request);
        state.applied(index, term);
        return applied;
    }

    /**
     * Reads at one revision; a {@link Outcome.Ranged} or a {@link Outcome.Refused} for a compacted or future revision.
     */
    public Outcome range(TxnOperation.Range range) {
        return reader.range(range);
    }

    /**
     * Evaluates a transaction that {@linkplain TxnOperation.Txn#isReadOnly() cannot write}, all of it at one revision.
     *
     * @throws IllegalArgumentException if it can write
     */
    public Outcome read(TxnOperation.Txn txn) {
        if (!txn.isReadOnly()) {
            throw new IllegalArgumentException("a transaction that can write must be applied, not read");
        }
        return reader.txn(txn);
    }

    /**
     * Reads history from {@code fromRevision} on, of the keys in {@code keys}.
     *
     * @param eventsMax stop after the revision that reached so many events looked at (found or passed over), 1 or more
     */
    public HistoryPage history(long fromRevision, KeyRange keys, int eventsMax) {
        if (eventsMax < 1) {
            throw new IllegalArgumentException("eventsMax " + eventsMax + " is below 1");
        }
        return reader.history(fromRevision, keys, eventsMax);
    }

    /** The latest revision; 1 for an empty store. */
    public long revision() {
        return state.revision();
    }

    /** The revision of the last compaction; -1 if there was none. */
    public long compactedRevision() {
        return state.compactedRevision();
    }

    /**
     * The revision up to which superseded data is really gone; -1 if none. Trails {@link #compactedRevision} while
     * trimming goes on.
     */
    public long trimmedRevision() {
        return state.trimmedRevision();
    }

    /**
     * Removes superseded data, at most {@code stepsMax} history entries of it. Writer only; to be called again while it
     * returns true, and now and then even after it returned false: a long read (a snapshot being sent) may have held
     * trimming back and ended since.
     *
     * @return whether more can be done now
     */
    public boolean trim(int stepsMax) {
        return trimmer.trim(stepsMax);
    }

    public Optional<Lease> lease(long leaseId) {
        return Optional.ofNullable(state.leases.get(leaseId)).map(LeaseEntry::toLease);
    }

    /** All leases, in no particular order. */
    public List<Lease> leases() {
        List<Lease> leases = new ArrayList<>(state.leases.size());
        state.leases.forEach(entry -> leases.add(entry.toLease()));
        return leases;
    }

    /** Keys attached to a lease, in key order; empty if there is no such lease. */
    public List<Bytes> keysOf(long leaseId) {
        LeaseEntry lease = state.leases.get(leaseId);
        return lease == null
                ? List.of()
                : lease.keys().stream().map(Bytes::owning).toList();
    }

    /** Active alarms, in the order of their members' ids. */
    public List<Alarm> alarms() {
        return state.alarms();
    }

    /**
     * Bytes that keys, values and their bookkeeping take up, history included: what the space quota is held against.
     */
    public long sizeBytes() {
        return state.sizeBytes();
    }

    /** As {@link #sizeBytes}, of the latest values only. */
    public long sizeInUseBytes() {
        return state.sizeInUseBytes();
    }

    /** Log index of the last applied entry. */
    public long appliedIndex() {
        return state.appliedIndex();
    }

    /** Term of the last applied entry. */
    public long appliedTerm() {
        return state.appliedTerm();
    }

    /** Applied members, in the order of their ids. */
    public List<Member> members() {
        return state.members();
    }

    /**
     * A hash of all keys and their history since the last compaction up to {@code revision} (0 or less: the latest), to
     * compare members with. Equal if they were compacted alike, whatever is trimmed of it. Takes as long as reading
     * everything; trimming waits meanwhile.
     */
    public HashKv hashKv(long revision) {
        return reader.hashKv(revision);
    }

    /**
     * Takes hold of everything as it is now. Writer only, and done in microseconds however much there is; what is done
     * with the snapshot is done elsewhere while the writer goes on. Until it is closed, nothing it needs is trimmed.
     */
    public KeyspaceSnapshot capture() {
        return new KeyspaceSnapshot(state);
    }
}
