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
 * Moves groups to their preferred leaders, and transfers leadership when this node stops. The successor is asked first
 * ({@link PeerMessages#CAN_LEAD}): a member that lags would delay the group's writes until it has caught up, and one
 * that is stopping would transfer the group back. Thread-safe.
 */
final class LeaderPlacement {
    private static final Logger LOG = LoggerFactory.getLogger(LeaderPlacement.class);

    /** The lag allowed for a successor: some milliseconds of applying. */
    private static final long LAG_ENTRIES_MAX = 64;

    /** The timeout of a successor's response; a slower member is not chosen. */
    private static final long RESPONSE_MILLIS_MAX = 300;

    private final PeerTransport transport;
    private final PeerId self;
    private final List<PeerId> members;
    private final List<RaftReplica> replicas;
    private final LeaderBalance balance;
    private volatile boolean stopping;

    LeaderPlacement(PeerTransport transport, PeerId self, List<PeerId> members, List<RaftReplica> replicas) {
        this.transport = transport;
        this.self = self;
        this.members = members;
        this.replicas = replicas;
        this.balance = new LeaderBalance(replicas.size());
    }

    /** Starts to answer the other members' requests. */
    void start() {
        for (RaftReplica replica : replicas) {
            transport.handle(replica.group(), PeerMessages.CAN_LEAD, request -> position(replica));
        }
    }

    private CompletableFuture<byte[]> position(RaftReplica replica) {
        return stopping
                ? CompletableFuture.failedFuture(new IllegalStateException("this node is stopping"))
                : CompletableFuture.completedFuture(ByteBuffer.allocate(Long.BYTES)
                        .putLong(replica.status().appliedIndex())
                        .array());
    }

    /** Must be called several times a second. A single group is not moved: there is nothing to balance. */
    void tick(long nowNanos) {
        if (replicas.size() == 1 || stopping) {
            return;
        }
        List<LeaderBalance.GroupView> views = new ArrayList<>();
        for (RaftReplica replica : replicas) {
            PeerId preferred = preferred(replica.group());
            boolean isOther = !preferred.equals(self);
            views.add(new LeaderBalance.GroupView(
                    replica.leads(), isOther, isOther && transport.isConnected(preferred.getEndpoint())));
        }
        synchronized (balance) {
            balance.next(nowNanos, views).ifPresent(this::move);
        }
    }

    private PeerId preferred(int group) {
        return members.get(LeaderBalance.preferredPosition(group, members.size()));
    }

    private void move(int group) {
        RaftReplica replica = replicas.get(group);
        PeerId target = preferred(group);
        canLead(replica, target)
                .thenCompose(canLead ->
                        canLead && !stopping ? replica.transferTo(target) : CompletableFuture.completedFuture(null))
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

    /** Whether a member has applied nearly all that this node, the group's leader, has committed. Never fails. */
    private CompletableFuture<Boolean> canLead(RaftReplica replica, PeerId member) {
        long needed = replica.status().committedIndex() - LAG_ENTRIES_MAX;
        return transport
                .call(member.getEndpoint(), replica.group(), PeerMessages.CAN_LEAD, new byte[0], RESPONSE_MILLIS_MAX)
                .handle((response, failure) -> failure == null
                        && response.length == Long.BYTES
                        && ByteBuffer.wrap(response).getLong() >= needed);
    }

    /**
     * Transfers every group that this node leads, all at once; completes when other nodes lead them, or cannot. This
     * node accepts no group any more.
     */
    CompletableFuture<Void> handOver() {
        stopping = true;
        if (members.size() == 1) {
            return CompletableFuture.completedFuture(null);
        }
        return CompletableFuture.allOf(
                replicas.stream().filter(RaftReplica::leads).map(this::handOver).toArray(CompletableFuture<?>[]::new));
    }

    private CompletableFuture<Void> handOver(RaftReplica replica) {
        CompletableFuture<PeerId> successor;
        if (replicas.size() == 1) {
            successor = CompletableFuture.completedFuture(PeerId.ANY_PEER); // the member with the longest log
        } else {
            List<PeerId> candidates = new ArrayList<>(members);
            Collections.rotate(candidates, -LeaderBalance.preferredPosition(replica.group(), members.size()));
            candidates.remove(self);
            successor = firstThatCanLead(replica, candidates);
        }
        return successor.thenCompose(replica::transferTo).handle((moved, failure) -> {
            if (failure != null) {
                LOG.warn("hand-over-failed group={} cause=\"{}\"", replica.group(), failure.getMessage());
            }
            return null;
        });
    }

    private CompletableFuture<PeerId> firstThatCanLead(RaftReplica replica, List<PeerId> candidates) {
        List<CompletableFuture<Boolean>> responses = candidates.stream()
                .map(candidate -> canLead(replica, candidate))
                .toList();
        return CompletableFuture.allOf(responses.toArray(CompletableFuture<?>[]::new))
                .thenApply(all -> {
                    for (int i = 0; i < candidates.size(); i++) {
                        if (responses.get(i).join()) {
                            return candidates.get(i);
                        }
                    }
                    return PeerId.ANY_PEER;
                });
    }
}
