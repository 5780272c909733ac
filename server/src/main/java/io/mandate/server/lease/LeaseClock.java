package io.mandate.server.lease;

import io.mandate.keyspace.api.Command.Expiry;
import io.mandate.keyspace.api.Lease;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The deadlines of the leases, kept in the leader's memory only. Pure: time is an argument, in nanoseconds of
 * {@link SuspensionAwareClock}. Not thread-safe.
 *
 * <table>
 *   <caption>States of a lease</caption>
 *   <tr><th>state</th><th>event</th><th>becomes</th></tr>
 *   <tr><td>absent</td><td>{@link #start}, {@link #renew}</td><td>running, due a full TTL from now (L4)</td></tr>
 *   <tr><td>running</td><td>{@link #renew}</td><td>running, due a full TTL from now</td></tr>
 *   <tr><td>running</td><td>{@link #start} of another grant</td><td>running as that grant, due a full TTL from
 * now</td></tr>
 *   <tr><td>running</td><td>{@link #expireFirst}, when due</td><td>expiring: its expiry is about to be
 * proposed</td></tr>
 *   <tr><td>running</td><td>{@link #postponeFirst}</td><td>running, checked again later</td></tr>
 *   <tr><td>expiring</td><td>{@link #renew}</td><td>expiring: the outcome of the expiry must be known first</td></tr>
 *   <tr><td>expiring</td><td>{@link #reinstate}, the expiry can never be applied</td><td>running, with its old
 * deadline</td></tr>
 *   <tr><td>any</td><td>{@link #end}</td><td>absent</td></tr>
 *   <tr><td>any</td><td>{@link #clear}</td><td>absent</td></tr>
 * </table>
 *
 * <p>A renewal only moves the deadline. The heap holds each running lease once, at a time that is never later than its
 * deadline unless it was postponed; a lease that is popped before its deadline goes back with it. So a renewal costs
 * one look-up, however many leases there are, and a lease takes some 55 bytes.
 */
final class LeaseClock {
    /** The state that a renewal finds. */
    enum State {
        RUNNING,
        EXPIRING
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

    /** Head of the free list, -1 if it is empty; each free slot has the next one in {@link #grants}. */
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

    /** The number of slots in use, including free ones that were not reused yet. */
    int slots() {
        return slotsUsed;
    }

    /** Starts the time of a granted lease; no effect if this grant is known. */
    void start(Lease lease, long nowNanos) {
        slotOf(lease, nowNanos);
    }

    /** The slot of this grant, whose time starts now if it is not known. */
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

    /** Ends this grant, not a later one with the same id. */
    void end(Expiry expiry) {
        if (slotOf(expiry) >= 0) {
            end(expiry.leaseId());
        }
    }

    /** Moves the deadline of an existing lease to a full TTL from now, unless the lease is expiring. */
    State renew(Lease lease, long nowNanos) {
        int slot = slotOf(lease, nowNanos);
        if (!heap.contains(slot)) {
            return State.EXPIRING;
        }
        deadlines[slot] = Math.max(deadlines[slot], nowNanos + ttlNanos(slot));
        return State.RUNNING;
    }

    /** The remaining and the granted time of an existing lease. */
    LeaseTime time(Lease lease, long nowNanos) {
        long remainingNanos = deadlines[slotOf(lease, nowNanos)] - nowNanos;
        return new LeaseTime(Math.max(0, remainingNanos / 1_000_000), lease.ttlMillis());
    }

    /** The time before which no lease is due; {@link Long#MAX_VALUE} if there is none. */
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

    /** The lease with the earliest deadline, if it is due at {@code cutoffNanos}; its state does not change. */
    @Nullable
    Expiry firstDue(long cutoffNanos) {
        if (nextDueNanos() > cutoffNanos) {
            return null;
        }
        int slot = heap.first();
        return new Expiry(ids[slot], grants[slot]);
    }

    /** Makes the lease that {@link #firstDue} returned expiring. */
    void expireFirst() {
        heap.remove(heap.first());
    }

    /** Defers the lease that {@link #firstDue} returned until {@code untilNanos}. */
    void postponeFirst(long untilNanos) {
        heap.postponeFirst(untilNanos);
    }

    /** Makes an expiring lease running again: its expiry was not applied and never will be. */
    void reinstate(Expiry expiry) {
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
