package io.mandate.keyspace;

import java.util.List;
import java.util.Optional;

/**
 * The deterministic state machine: what a command does to the data.
 *
 * <p>Threads: one writer at a time calls {@link #apply} and the methods named as the writer's; everything else may be called by any thread at
 * any time and sees one committed revision.
 */
public final class Keyspace {

    public Keyspace(KeyspaceLimits limits) {}

    /**
     * Applies the request found at {@code index} of the log. Writer only. Several requests may share one index (a batch), in order.
     *
     * @param index log index of the entry, not falling
     * @param term term of the entry
     */
    public Applied apply(long index, long term, Request request) {
        return unwritten();
    }

    /** Reads at one revision; a {@link Outcome.Ranged} or a {@link Outcome.Refused} for a compacted or future revision. */
    public Outcome range(Operation.Range range) {
        return unwritten();
    }

    /**
     * Evaluates a transaction that {@linkplain Operation.Txn#isReadOnly() cannot write}, all of it at one revision.
     *
     * @throws IllegalArgumentException if it can write
     */
    public Outcome read(Operation.Txn txn) {
        return unwritten();
    }

    /**
     * Reads history from {@code fromRevision} on, of the keys in {@code keys}.
     *
     * @param eventsMax stop after the revision that reached so many events looked at (found or passed over), 1 or more
     */
    public HistoryPage history(long fromRevision, KeyRange keys, int eventsMax) {
        return unwritten();
    }

    /** The latest revision; 1 for an empty store. */
    public long revision() {
        return unwritten();
    }

    /** The revision of the last compaction; -1 if there was none. */
    public long compactedRevision() {
        return unwritten();
    }

    /** The revision up to which superseded data is really gone; -1 if none. Trails {@link #compactedRevision} while trimming goes on. */
    public long trimmedRevision() {
        return unwritten();
    }

    /**
     * Removes superseded data, at most {@code stepsMax} history entries of it. Writer only; to be called again while it returns true.
     *
     * @return whether more is left to do
     */
    public boolean trim(int stepsMax) {
        return unwritten();
    }

    public Optional<Lease> lease(long leaseId) {
        return unwritten();
    }

    /** All leases, in no particular order. */
    public List<Lease> leases() {
        return unwritten();
    }

    /** Keys attached to a lease, in key order; empty if there is no such lease. */
    public List<Bytes> keysOf(long leaseId) {
        return unwritten();
    }

    public List<Alarm> alarms() {
        return unwritten();
    }

    /** Bytes that keys, values and their bookkeeping take up, history included: what the space quota is held against. */
    public long sizeBytes() {
        return unwritten();
    }

    /** As {@link #sizeBytes}, of the latest values only. */
    public long sizeInUseBytes() {
        return unwritten();
    }

    /** Log index of the last applied entry. */
    public long appliedIndex() {
        return unwritten();
    }

    /** Term of the last applied entry. */
    public long appliedTerm() {
        return unwritten();
    }

    /** Applied members, in the order of their ids. */
    public List<Member> members() {
        return unwritten();
    }

    @SuppressWarnings("TypeParameterUnusedInFormals") // gone with the first body
    private static <T> T unwritten() {
        throw new UnsupportedOperationException();
    }
}
