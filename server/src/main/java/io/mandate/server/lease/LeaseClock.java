package io.mandate.server.lease;

import io.mandate.keyspace.Command.Expiry;
import io.mandate.keyspace.Lease;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.PriorityQueue;
import java.util.function.LongPredicate;

/**
 * When each lease is due: the leader's memory, kept nowhere else. Pure; time is an argument, in nanoseconds of {@link AwakeTime}. Not thread-safe.
 *
 * <table>
 *   <caption>States of a lease</caption>
 *   <tr><th>state</th><th>event</th><th>becomes</th></tr>
 *   <tr><td>none</td><td>{@link #start}</td><td>running, due a full TTL from now</td></tr>
 *   <tr><td>running</td><td>{@link #renew}</td><td>running, due a full TTL from now</td></tr>
 *   <tr><td>running</td><td>{@link #takeDue} after it is due</td><td>expiring</td></tr>
 *   <tr><td>expiring</td><td>{@link #renew}</td><td>expiring: too late, unless the expiry comes back</td></tr>
 *   <tr><td>expiring</td><td>{@link #notExpired}</td><td>running, due as it was</td></tr>
 *   <tr><td>any</td><td>{@link #end}</td><td>none</td></tr>
 * </table>
 *
 * A renewal only moves the deadline. The queue holds each lease once, at a time that is never later than its deadline; a lease that comes up before it is
 * due goes back with its real deadline. So a renewal costs a map look-up, whatever the number of leases.
 */
final class LeaseClock {
    private static final class Entry {
        final Lease lease;
        long deadlineNanos;
        long queuedNanos;
        boolean expiring;
        boolean ended;

        Entry(Lease lease, long deadlineNanos) {
            this.lease = lease;
            this.deadlineNanos = deadlineNanos;
            this.queuedNanos = deadlineNanos;
        }
    }

    /** What a renewal finds. */
    enum State {
        ABSENT,
        RUNNING,
        EXPIRING
    }

    private final Map<Long, Entry> entries = new HashMap<>();
    private final PriorityQueue<Entry> queue =
            new PriorityQueue<>(Comparator.comparingLong(entry -> entry.queuedNanos));

    void clear() {
        entries.clear();
        queue.clear();
    }

    int size() {
        return entries.size();
    }

    void start(Lease lease, long nowNanos) {
        Entry fresh = new Entry(lease, nowNanos + ttlNanos(lease));
        Entry before = entries.put(lease.id(), fresh);
        if (before != null) {
            before.ended = true;
        }
        queue.add(fresh);
    }

    void end(long leaseId) {
        Entry entry = entries.remove(leaseId);
        if (entry != null) {
            entry.ended = true; // it leaves the queue when its time comes
        }
    }

    /** Moves the deadline of a running lease to a full TTL from now. */
    State renew(long leaseId, long nowNanos) {
        Entry entry = entries.get(leaseId);
        if (entry == null) {
            return State.ABSENT;
        }
        if (!entry.expiring) {
            entry.deadlineNanos = nowNanos + ttlNanos(entry.lease);
        }
        return entry.expiring ? State.EXPIRING : State.RUNNING;
    }

    /** How long a lease has; {@link LeaseTime#GONE} if it is not known. */
    LeaseTime time(long leaseId, long nowNanos) {
        Entry entry = entries.get(leaseId);
        if (entry == null) {
            return LeaseTime.GONE;
        }
        long remainingMillis = Math.max(0, (entry.deadlineNanos - nowNanos) / 1_000_000);
        return new LeaseTime(remainingMillis, entry.lease.ttlMillis());
    }

    /** When to look next: no lease is due before. Empty if there is none. */
    OptionalLong nextDueNanos() {
        settleHead();
        Entry head = queue.peek();
        return head == null ? OptionalLong.empty() : OptionalLong.of(head.queuedNanos);
    }

    /** Brings a lease to the head of the queue that is there with its real deadline. */
    private void settleHead() {
        for (Entry head = queue.peek(); head != null; head = queue.peek()) {
            if (head.ended) {
                queue.poll();
            } else if (head.deadlineNanos != head.queuedNanos) {
                queue.poll();
                head.queuedNanos = head.deadlineNanos;
                queue.add(head);
            } else {
                return;
            }
        }
    }

    /**
     * Takes leases that were due at {@code cutoffNanos}, those first that were due first; they are expiring from now on.
     *
     * @param spared leases to leave alone, for a renewal of theirs waits
     */
    List<Expiry> takeDue(long cutoffNanos, int max, LongPredicate spared) {
        List<Expiry> due = new ArrayList<>();
        List<Entry> left = new ArrayList<>();
        for (settleHead(); !queue.isEmpty() && due.size() < max; settleHead()) {
            Entry head = queue.element();
            if (head.queuedNanos > cutoffNanos) {
                break;
            }
            queue.poll();
            if (spared.test(head.lease.id())) {
                left.add(head);
            } else {
                head.expiring = true;
                due.add(new Expiry(head.lease.id(), head.lease.grantIndex()));
            }
        }
        queue.addAll(left);
        return due;
    }

    /** The expiry of a lease was not carried out: it is due as it was. */
    void notExpired(long leaseId) {
        Entry entry = entries.get(leaseId);
        if (entry != null && entry.expiring) {
            entry.expiring = false;
            queue.add(entry);
        }
    }

    private static long ttlNanos(Lease lease) {
        return Math.multiplyExact(lease.ttlMillis(), 1_000_000L);
    }
}
