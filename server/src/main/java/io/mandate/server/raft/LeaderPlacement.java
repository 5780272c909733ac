package io.mandate.server.raft;

import com.alipay.sofa.jraft.entity.PeerId;
import io.mandate.server.raft.transport.PeerTransport;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts leaders where they should be, and gives them away when this node stops. Who is to take over is asked first
 * ({@link PeerMessages#CAN_LEAD}): a member that lags would hold up the group's writes until it has caught up, and one
 * that is stopping would hand the group back. Thread-safe.
 */
final class LeaderPlacement {
    private static final Logger LOG = LoggerFactory.getLogger(LeaderPlacement.class);

    /** Entries that the next leader may still have to apply: some milliseconds of work. */
    private static final long LAG_ENTRIES_MAX = 64;

    /** A member that takes longer to say how far it is, is not the one to lead. */
    private static final long ANSWER_MILLIS_MAX = 300;

    private final PeerTransport transport;
    private final PeerId self;
    private final List<PeerId> members;
    private final List<RaftReplica> replicas;
    private final LeaderBalance balance;
    private volatile boolean leaving;

    LeaderPlacement(PeerTransport transport, PeerId self, List<PeerId> members, List<RaftReplica> replicas) {
        this.transport = transport;
        this.self = self;
        this.members = members;
        this.replicas = replicas;
        this.balance = new LeaderBalance(replicas.size());
    }

    /** Begins to answer the others' questions. */
    void start() {
        for (RaftReplica replica : replicas) {
            transport.handle(replica.group(), PeerMessages.CAN_LEAD, question -> position(replica));
        }
    }

    private CompletableFuture<byte[]> position(RaftReplica replica) {
        return leaving
                ? CompletableFuture.failedFuture(new IllegalStateException("this node is stopping"))
                : CompletableFuture.completedFuture(ByteBuffer.allocate(Long.BYTES)
                        .putLong(replica.status().appliedIndex())
                        .array());
    }

    /** To be called several times a second. With one group its leader stays where it is: there is nothing to spread. */
    void tick(long nowNanos) {
        if (replicas.size() == 1 || leaving) {
            return;
        }
        List<LeaderBalance.View> views = new ArrayList<>();
        for (RaftReplica replica : replicas) {
            PeerId preferred = preferred(replica.group());
            boolean isElsewhere = !preferred.equals(self);
            views.add(new LeaderBalance.View(
                    replica.leads(), isElsewhere, isElsewhere && transport.isConnected(preferred.getEndpoint())));
        }
        synchronized (balance) {
            balance.next(nowNanos, views).ifPresent(this::move);
        }
    }

    private PeerId preferred(int group) {
        return members.get(LeaderBalance.place(group, members.size()));
    }

    private void move(int group) {
        RaftReplica replica = replicas.get(group);
        PeerId target = preferred(group);
        canLead(replica, target)
                .thenCompose(
                        can -> can && !leaving ? replica.transferTo(target) : CompletableFuture.completedFuture(null))
                .whenComplete((moved, failure) -> {
                    if (failure != null) {
                        LOG.info(
                                "leader-not-placed group={} member={} cause=\"{}\"",
                                group,
                                target,
                                failure.getMessage());
                    }
                    synchronized (balance) {
                        balance.ended(group, System.nanoTime());
                    }
                });
    }

    /** Whether a member has nearly all that this node, which leads the group, has committed. Never fails. */
    private CompletableFuture<Boolean> canLead(RaftReplica replica, PeerId member) {
        long needed = replica.status().committedIndex() - LAG_ENTRIES_MAX;
        return transport
                .call(member.getEndpoint(), replica.group(), PeerMessages.CAN_LEAD, new byte[0], ANSWER_MILLIS_MAX)
                .handle((answer, failure) -> failure == null
                        && answer.length == Long.BYTES
                        && ByteBuffer.wrap(answer).getLong() >= needed);
    }

    /**
     * Gives away every group that this node leads, all at once; completes when others lead, or cannot. No group comes
     * to this node any more.
     */
    CompletableFuture<Void> handOver() {
        leaving = true;
        if (members.size() == 1) {
            return CompletableFuture.completedFuture(null);
        }
        return CompletableFuture.allOf(
                replicas.stream().filter(RaftReplica::leads).map(this::handOver).toArray(CompletableFuture<?>[]::new));
    }

    private CompletableFuture<Void> handOver(RaftReplica replica) {
        CompletableFuture<PeerId> successor;
        if (replicas.size() == 1) {
            successor = CompletableFuture.completedFuture(PeerId.ANY_PEER); // whoever has most of the log
        } else {
            List<PeerId> candidates = new ArrayList<>(members);
            Collections.rotate(candidates, -LeaderBalance.place(replica.group(), members.size()));
            candidates.remove(self);
            successor = firstThatCan(replica, candidates);
        }
        return successor.thenCompose(replica::transferTo).handle((moved, failure) -> {
            if (failure != null) {
                LOG.warn("hand-over-failed group={} cause=\"{}\"", replica.group(), failure.getMessage());
            }
            return null;
        });
    }

    private CompletableFuture<PeerId> firstThatCan(RaftReplica replica, List<PeerId> candidates) {
        List<CompletableFuture<Boolean>> answers = candidates.stream()
                .map(candidate -> canLead(replica, candidate))
                .toList();
        return CompletableFuture.allOf(answers.toArray(CompletableFuture<?>[]::new))
                .thenApply(all -> {
                    for (int place = 0; place < candidates.size(); place++) {
                        if (answers.get(place).join()) {
                            return candidates.get(place);
                        }
                    }
                    return PeerId.ANY_PEER;
                });
    }
}
