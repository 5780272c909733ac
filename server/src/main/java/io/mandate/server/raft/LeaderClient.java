package io.mandate.server.raft;

import com.alipay.sofa.jraft.entity.PeerId;
import io.mandate.server.raft.transport.PeerTransport;
import io.mandate.server.raft.transport.TransportException;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What this node asks the leader elsewhere. A leader that is paused, or cut off, keeps its connections and answers
 * nothing; so what is under way to it ends as soon as another one is known, rather than at its time-out with everything
 * behind it waiting. Thread-safe.
 */
final class LeaderClient {
    /** A call under way. Not a record: two calls are never the same one. */
    private static final class Asked {
        final PeerId leader;
        final CompletableFuture<byte[]> answer;

        Asked(PeerId leader, CompletableFuture<byte[]> answer) {
            this.leader = leader;
            this.answer = answer;
        }
    }

    private final PeerTransport transport;
    private final int group;
    private final KnownLeader leadership;
    private final long timeoutMillis;
    private final Set<Asked> underWay = ConcurrentHashMap.newKeySet();

    LeaderClient(PeerTransport transport, int group, KnownLeader leadership, long timeoutMillis) {
        this.transport = transport;
        this.group = group;
        this.leadership = leadership;
        this.timeoutMillis = timeoutMillis;
    }

    /** Asks {@code leader}; fails with a {@link TransportException}, also when another node has begun to lead. */
    CompletableFuture<byte[]> ask(PeerId leader, int kind, byte[] question) {
        CompletableFuture<byte[]> answer = transport.call(leader.getEndpoint(), group, kind, question, timeoutMillis);
        Asked asked = new Asked(leader, answer);
        underWay.add(asked);
        answer.whenComplete((bytes, failure) -> underWay.remove(asked));
        PeerId known = leadership.leader();
        if (known != null) {
            abandonOthers(known); // it may have changed before this call was among those under way
        }
        return answer;
    }

    /** Ends what is under way to any other than {@code leader}. */
    void abandonOthers(PeerId leader) {
        for (Asked asked : underWay) {
            if (!asked.leader.equals(leader)) {
                asked.answer.completeExceptionally(new TransportException("another node leads now"));
            }
        }
    }
}
