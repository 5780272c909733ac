package io.mandate.server.raft;

import com.alipay.sofa.jraft.entity.PeerId;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The leader, as far as the state machine was notified. Written by the thread that applies, read by any.
 *
 * <p>This is knowledge, not proof: a deposed leader is notified late. {@link ReadIndexBatcher} proves leadership.
 */
final class KnownLeader {
    private record Waiter(Predicate<PeerId> wanted, CompletableFuture<Void> done) {}

    private final PeerId self;
    private final AtomicLong highestTerm = new AtomicLong();
    private final AtomicLong changes = new AtomicLong();
    private final List<Waiter> waiters = new CopyOnWriteArrayList<>();
    private volatile long ownTerm;
    private volatile @Nullable PeerId leader;

    KnownLeader(PeerId self) {
        this.self = self;
    }

    /** The term in which this node leads, 0 if it does not lead. */
    long ownTerm() {
        return ownTerm;
    }

    /** The leader, this node or another; null if none is known. */
    @Nullable
    PeerId leader() {
        return leader;
    }

    /** The leader if it is known and another node; null otherwise. */
    @Nullable
    PeerId leaderElsewhere() {
        PeerId known = leader;
        return self.equals(known) ? null : known;
    }

    /** The latest term seen; never decreases. */
    long highestTerm() {
        return highestTerm.get();
    }

    long changes() {
        return changes.get();
    }

    /** Completes when a leader that matches {@code wanted} is known; at once if it is already. */
    CompletableFuture<Void> await(Predicate<PeerId> wanted) {
        Waiter waiter = new Waiter(wanted, new CompletableFuture<>());
        waiters.add(waiter);
        waiter.done.whenComplete((done, failure) -> waiters.remove(waiter));
        PeerId known = leader;
        if (known != null && wanted.test(known)) {
            waiter.done.complete(null);
        }
        return waiter.done;
    }

    void leading(long term) {
        changed(self, term);
        ownTerm = term;
    }

    void following(PeerId other, long term) {
        changed(other, term);
    }

    /** This node no longer leads; the next leader is unknown. */
    void notLeading() {
        ownTerm = 0;
        leader = null;
    }

    void leaderUnknown() {
        leader = null;
    }

    private void changed(PeerId newLeader, long term) {
        highestTerm.accumulateAndGet(term, Math::max);
        changes.incrementAndGet();
        leader = newLeader;
        for (Waiter waiter : waiters) {
            if (waiter.wanted.test(newLeader)) {
                waiter.done.complete(null);
            }
        }
    }
}
