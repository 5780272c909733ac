package io.mandate.server.raft;

import com.alipay.sofa.jraft.entity.PeerId;
import io.mandate.server.raft.transport.PeerTransport;
import io.mandate.server.raft.transport.TransportException;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Calls from this node to the leader on another node. A leader that is paused or partitioned keeps its connections and
 * does not respond; so calls to it fail as soon as another leader is known, instead of blocking those behind them until
 * the timeout. Thread-safe.
 */
final class LeaderClient {
    /** A call in flight. Not a record: calls are compared by identity. */
    private static final class PendingCall {
        final PeerId leader;
        final CompletableFuture<byte[]> response;

        PendingCall(PeerId leader, CompletableFuture<byte[]> response) {
            this.leader = leader;
            this.response = response;
        }
    }

    private final PeerTransport transport;
    private final int group;
    private final KnownLeader leadership;
    private final long timeoutMillis;
    private final Set<PendingCall> inFlight = ConcurrentHashMap.newKeySet();

    LeaderClient(PeerTransport transport, int group, KnownLeader leadership, long timeoutMillis) {
        this.transport = transport;
        this.group = group;
        this.leadership = leadership;
        this.timeoutMillis = timeoutMillis;
    }

    /** Calls {@code leader}; fails with a {@link TransportException}, also when another node becomes leader. */
    CompletableFuture<byte[]> call(PeerId leader, int kind, byte[] request) {
        CompletableFuture<byte[]> response = transport.call(leader.getEndpoint(), group, kind, request, timeoutMillis);
        PendingCall pending = new PendingCall(leader, response);
        inFlight.add(pending);
        response.whenComplete((bytes, failure) -> inFlight.remove(pending));
        PeerId known = leadership.leader();
        if (known != null) {
            failCallsToOthers(known); // the leader may have changed before this call was registered
        }
        return response;
    }

    /** Fails the calls to any node other than {@code leader}. */
    void failCallsToOthers(PeerId leader) {
        for (PendingCall pending : inFlight) {
            if (!pending.leader.equals(leader)) {
                pending.response.completeExceptionally(new TransportException("another node became the leader"));
            }
        }
    }
}
