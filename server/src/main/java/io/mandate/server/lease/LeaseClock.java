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
import java.util.concurrent.TimeUnit;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

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
 * due goes back with its real deadline. So a renewal costs a map look-up, whatever the number of leases. A lease that ended stays in the queue until its
 * time comes, or until such leases are more than the others: a day's worth of long leases, granted and revoked, must not pile up.
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

    /** So many ended leases in the queue are not worth the sweep. */
    private static final int ENDED_SPARED = 1_000;

    /** What a renewal finds. */
    enum State {
        ABSENT,
        RUNNING,
        EXPIRING
    }

    private final Map<Long, Entry> entries = new HashMap<>();
    private final PriorityQueue<Entry> queue =
            new PriorityQueue<>(Comparator.comparingLong(entry -> entry.queuedNanos));
    private int endedInQueue;

    void clear() {
        entries.clear();
        queue.clear();
        endedInQueue = 0;
    }

    int size() {
        return entries.size();
    }

    void start(Lease lease, long nowNanos) {
        Entry fresh = new Entry(lease, deadlineNanos(lease, nowNanos));
        ended(entries.put(lease.id(), fresh));
        queue.add(fresh);
    }

    void end(long leaseId) {
        ended(entries.remove(leaseId));
    }

    private void ended(@Nullable Entry entry) {
        if (entry == null) {
            return;
        }
        entry.ended = true;
        if (!entry.expiring) {
            endedInQueue++;
        }
        if (endedInQueue > ENDED_SPARED && endedInQueue > entries.size()) {
            queue.removeIf(queued -> queued.ended);
            endedInQueue = 0;
        }
    }

    /** Entries held in the queue, ended ones included. */
    int queued() {
        return queue.size();
    }

    State stateOf(long leaseId) {
        Entry entry = entries.get(leaseId);
        if (entry == null) {
            return State.ABSENT;
        }
        return entry.expiring ? State.EXPIRING : State.RUNNING;
    }

    /** Moves the deadline of a running lease to a full TTL from now. */
    State renew(long leaseId, long nowNanos) {
        Entry entry = entries.get(leaseId);
        if (entry != null && !entry.expiring) {
            entry.deadlineNanos = deadlineNanos(entry.lease, nowNanos);
        }
        return stateOf(leaseId);
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
                endedInQueue--;
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

    /** The expiry of a lease was not and will not be carried out: it is due as it was. The same id granted anew is another lease. */
    void notExpired(Expiry expiry) {
        Entry entry = entries.get(expiry.leaseId());
        if (entry != null && entry.expiring && entry.lease.grantIndex() == expiry.grantIndex()) {
            entry.expiring = false;
            queue.add(entry);
        }
    }

    /** The longest TTL a door takes is 285 years, so the sum may be more than a long holds: for ever, then. */
    private static long deadlineNanos(Lease lease, long nowNanos) {
        long ttlNanos = TimeUnit.MILLISECONDS.toNanos(lease.ttlMillis());
        return ttlNanos > Long.MAX_VALUE - nowNanos ? Long.MAX_VALUE : nowNanos + ttlNanos;
    }
}
