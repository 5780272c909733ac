package io.mandate.server.lease;

import io.mandate.keyspace.Command.Expiry;
import io.mandate.keyspace.Lease;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * When each lease is due: the leader's memory, kept nowhere else. Pure; time is an argument, in nanoseconds of
 * {@link SuspensionAwareClock}. Not thread-safe.
 *
 * <table>
 *   <caption>States of a lease</caption>
 *   <tr><th>state</th><th>event</th><th>becomes</th></tr>
 *   <tr><td>absent</td><td>{@link #start}, {@link #renew}</td><td>running, due a full TTL from now (L4)</td></tr>
 *   <tr><td>running</td><td>{@link #renew}</td><td>running, due a full TTL from now</td></tr>
 *   <tr><td>running</td><td>{@link #start} of another grant</td><td>running as that grant, due a full TTL from
 *   now</td></tr>
 *   <tr><td>running</td><td>{@link #condemnFirst}, it was due</td><td>condemned: its expiry is to be proposed</td></tr>
 *   <tr><td>running</td><td>{@link #postponeFirst}</td><td>running, looked at again later</td></tr>
 *   <tr><td>condemned</td><td>{@link #renew}</td><td>condemned: what comes of the expiry must be known first</td></tr>
 *   <tr><td>condemned</td><td>{@link #pardon}, the expiry can never be applied</td><td>running, due as it was</td></tr>
 *   <tr><td>any</td><td>{@link #end}</td><td>absent</td></tr>
 *   <tr><td>any</td><td>{@link #clear}</td><td>absent</td></tr>
 * </table>
 *
 * A renewal only moves the deadline. The heap holds each running lease once, at a time that is never later than its
 * deadline unless it was postponed; a lease that comes up before it is due goes back with its real deadline. So a
 * renewal costs one look-up, however many leases there are, and a lease some 55 bytes.
 */
final class LeaseClock {
    /** What a renewal finds. */
    enum State {
        RUNNING,
        CONDEMNED
    }

    private static final int SLOTS_FIRST = 64;
    private static final long TTL_NANOS_MAX = Long.MAX_VALUE / 4; // 73 years; adding it to a time must not overflow

    private final LongIndex index = new LongIndex(slot -> ids()[slot]);
    private final SlotHeap heap = new SlotHeap();
    private long[] ids = new long[SLOTS_FIRST];
    private long[] grants = new long[SLOTS_FIRST];
    private long[] ttlMillis = new long[SLOTS_FIRST];
    private long[] deadlines = new long[SLOTS_FIRST];
    private int slotsUsed;

    /** Head of the list of slots given back, -1 if none; each names the next in {@link #grants}. */
    private long freeSlot = -1;

    private long[] ids() {
        return ids;
    }

    void clear() {
        index.clear();
        heap.clear();
        ids = new long[SLOTS_FIRST];
        grants = new long[SLOTS_FIRST];
        ttlMillis = new long[SLOTS_FIRST];
        deadlines = new long[SLOTS_FIRST];
        slotsUsed = 0;
        freeSlot = -1;
    }

    int size() {
        return index.size();
    }

    /** Places that leases take up, ended ones not reused yet included. */
    int slots() {
        return slotsUsed;
    }

    /** Begins the time of a granted lease; nothing happens if this very grant is known. */
    void start(Lease lease, long nowNanos) {
        slotOf(lease, nowNanos);
    }

    /** The slot of the very grant given, whose time begins now if it is not known. */
    private int slotOf(Lease lease, long nowNanos) {
        int slot = index.slotOf(lease.id());
        if (slot >= 0 && grants[slot] == lease.grantIndex()) {
            return slot;
        }
        end(lease.id());
        int fresh = takeSlot();
        ids[fresh] = lease.id();
        grants[fresh] = lease.grantIndex();
        ttlMillis[fresh] = lease.ttlMillis();
        deadlines[fresh] = nowNanos + ttlNanos(fresh);
        index.add(fresh);
        heap.add(fresh, deadlines[fresh]);
        return fresh;
    }

    private int takeSlot() {
        if (freeSlot >= 0) {
            int slot = (int) freeSlot;
            freeSlot = grants[slot];
            return slot;
        }
        if (slotsUsed == ids.length) {
            int length = SlotHeap.grown(slotsUsed);
            ids = Arrays.copyOf(ids, length);
            grants = Arrays.copyOf(grants, length);
            ttlMillis = Arrays.copyOf(ttlMillis, length);
            deadlines = Arrays.copyOf(deadlines, length);
        }
        return slotsUsed++;
    }

    void end(long leaseId) {
        int slot = index.slotOf(leaseId);
        if (slot < 0) {
            return;
        }
        index.remove(leaseId);
        heap.remove(slot);
        grants[slot] = freeSlot;
        freeSlot = slot;
    }

    /** Ends the grant named, not a later one of the same id. */
    void end(Expiry expiry) {
        if (slotOf(expiry) >= 0) {
            end(expiry.leaseId());
        }
    }

    /** Moves the deadline of a lease that exists to a full TTL from now, unless it is condemned. */
    State renew(Lease lease, long nowNanos) {
        int slot = slotOf(lease, nowNanos);
        if (!heap.contains(slot)) {
            return State.CONDEMNED;
        }
        deadlines[slot] = Math.max(deadlines[slot], nowNanos + ttlNanos(slot));
        return State.RUNNING;
    }

    /** How long a lease that exists has. */
    LeaseTime time(Lease lease, long nowNanos) {
        long remainingNanos = deadlines[slotOf(lease, nowNanos)] - nowNanos;
        return new LeaseTime(Math.max(0, remainingNanos / 1_000_000), lease.ttlMillis());
    }

    /** When to look next: no lease is due before. {@link Long#MAX_VALUE} if there is none. */
    long nextDueNanos() {
        while (!heap.isEmpty()) {
            long deadline = deadlines[heap.first()];
            if (deadline <= heap.firstTime()) {
                return heap.firstTime();
            }
            heap.postponeFirst(deadline);
        }
        return Long.MAX_VALUE;
    }

    /** The lease that is due first, if it is due at {@code cutoffNanos}; it goes on running. */
    @Nullable
    Expiry firstDue(long cutoffNanos) {
        if (nextDueNanos() > cutoffNanos) {
            return null;
        }
        int slot = heap.first();
        return new Expiry(ids[slot], grants[slot]);
    }

    /** Condemns the lease that {@link #firstDue} gave. */
    void condemnFirst() {
        heap.remove(heap.first());
    }

    /** Leaves the lease that {@link #firstDue} gave alone until {@code untilNanos}. */
    void postponeFirst(long untilNanos) {
        heap.postponeFirst(untilNanos);
    }

    /** The expiry of a condemned lease was not and will never be applied. */
    void pardon(Expiry expiry) {
        int slot = slotOf(expiry);
        if (slot >= 0 && !heap.contains(slot)) {
            heap.add(slot, deadlines[slot]);
        }
    }

    private int slotOf(Expiry expiry) {
        int slot = index.slotOf(expiry.leaseId());
        return slot >= 0 && grants[slot] == expiry.grantIndex() ? slot : -1;
    }

    private long ttlNanos(int slot) {
        return ttlMillis[slot] > TTL_NANOS_MAX / 1_000_000 ? TTL_NANOS_MAX : ttlMillis[slot] * 1_000_000;
    }
}
