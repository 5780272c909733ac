package io.mandate.server.raft;

import com.alipay.sofa.jraft.entity.PeerId;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Who leads, as far as the state machine has been told. Written by the thread that applies, read by all.
 *
 * <p>This is knowledge, not proof: a deposed leader learns of it late. {@link ReadIndexBatcher} proves.
 */
final class KnownLeader {
    private record Waiting(Predicate<PeerId> wanted, CompletableFuture<Void> done) {}

    private final PeerId self;
    private final AtomicLong highestTerm = new AtomicLong();
    private final AtomicLong changes = new AtomicLong();
    private final List<Waiting> waiting = new CopyOnWriteArrayList<>();
    private volatile long ownTerm;
    private volatile @Nullable PeerId leader;

    KnownLeader(PeerId self) {
        this.self = self;
    }

    /** The term this node leads in, 0 if it does not. */
    long ownTerm() {
        return ownTerm;
    }

    /** The leader, this node or another; null if none is known. */
    @Nullable
    PeerId leader() {
        return leader;
    }

    /** The leader if it is another node and known. */
    @Nullable
    PeerId leaderElsewhere() {
        PeerId known = leader;
        return self.equals(known) ? null : known;
    }

    /** The latest term seen; never falls. */
    long highestTerm() {
        return highestTerm.get();
    }

    long changes() {
        return changes.get();
    }

    /** Completes when a leader that is {@code wanted} is known; at once if it is already. */
    CompletableFuture<Void> await(Predicate<PeerId> wanted) {
        Waiting added = new Waiting(wanted, new CompletableFuture<>());
        waiting.add(added);
        added.done.whenComplete((done, failure) -> waiting.remove(added));
        PeerId known = leader;
        if (known != null && wanted.test(known)) {
            added.done.complete(null);
        }
        return added.done;
    }

    void leading(long term) {
        changed(self, term);
        ownTerm = term;
    }

    void following(PeerId other, long term) {
        changed(other, term);
    }

    /** This node led until now; who does next is not known. */
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
        for (Waiting waits : waiting) {
            if (waits.wanted.test(newLeader)) {
                waits.done.complete(null);
            }
        }
    }
}
