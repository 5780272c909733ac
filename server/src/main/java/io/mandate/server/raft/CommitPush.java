package io.mandate.server.raft;

import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.error.RemotingException;
import com.alipay.sofa.jraft.rpc.InvokeCallback;
import com.alipay.sofa.jraft.rpc.RpcClient;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesRequest;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Tells followers at once that something has been committed. The engine says it with the next append or heartbeat, which on an idle cluster is
 * tens of milliseconds later, and a watch served by a follower, or a ReadIndex read there, would be as late.
 *
 * <p>What is sent is an ordinary Raft heartbeat: an append without entries, whose previous entry is the committed one. A follower that has that entry
 * takes over the commit index (Raft §5.3), any other one refuses it, as it would refuse any append that does not fit. The answer is not looked at:
 * the engine's own heartbeats do what follows from it.
 */
final class CommitPush {
    private static final int ANSWER_MILLIS_MAX = 1_000;

    private final String groupId;
    private final PeerId self;
    private final List<Follower> followers;
    private final RpcClient client;

    CommitPush(String groupId, PeerId self, List<PeerId> others, RpcClient client) {
        this.groupId = groupId;
        this.self = self;
        this.followers = others.stream().map(Follower::new).toList();
        this.client = client;
    }

    /** Pushes to every follower that has no push under way. */
    void push(long leaderTerm, long committedIndex, long committedTerm) {
        for (Follower follower : followers) {
            follower.push(leaderTerm, committedIndex, committedTerm);
        }
    }

    private final class Follower implements InvokeCallback {
        private final PeerId peer;
        private final AtomicBoolean underWay = new AtomicBoolean();

        Follower(PeerId peer) {
            this.peer = peer;
        }

        void push(long leaderTerm, long committedIndex, long committedTerm) {
            if (!client.checkConnection(peer.getEndpoint()) || !underWay.compareAndSet(false, true)) {
                return;
            }
            AppendEntriesRequest heartbeat = AppendEntriesRequest.newBuilder()
                    .setGroupId(groupId)
                    .setServerId(self.toString())
                    .setPeerId(peer.toString())
                    .setTerm(leaderTerm)
                    .setPrevLogIndex(committedIndex)
                    .setPrevLogTerm(committedTerm)
                    .setCommittedIndex(committedIndex)
                    .build();
            try {
                client.invokeAsync(peer.getEndpoint(), heartbeat, this, ANSWER_MILLIS_MAX);
            } catch (RemotingException unreachable) {
                underWay.set(false);
            } catch (InterruptedException interrupted) {
                underWay.set(false);
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void complete(Object result, Throwable failure) {
            underWay.set(false);
        }

        @Override
        public Executor executor() {
            return Runnable::run;
        }
    }
}
