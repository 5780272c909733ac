package io.mandate.server.raft;

import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.error.RemotingException;
import com.alipay.sofa.jraft.rpc.InvokeCallback;
import com.alipay.sofa.jraft.rpc.RpcClient;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesRequest;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Sends followers the commit index at once. The engine sends it with the next append or heartbeat, which on an idle
 * cluster is tens of milliseconds later, and delays watches and ReadIndex reads on followers as much.
 *
 * <p>A push is an ordinary Raft heartbeat: an append without entries, whose previous entry is the committed one. A
 * follower that has this entry takes over the commit index (Raft §5.3); any other refuses it, like any append that does
 * not match its log. The response is ignored: the engine's own heartbeats handle it.
 *
 * <p>At most one push to each follower is in flight; when it returns, the latest commit index since is pushed.
 * Thread-safe.
 */
final class CommitPush {
    private static final int RESPONSE_MILLIS_MAX = 1_000;

    private record Commit(long leaderTerm, long index, long term) {}

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

    /** Pushes to every follower, at once or when the push in flight returns. */
    void push(long leaderTerm, long committedIndex, long committedTerm) {
        Commit commit = new Commit(leaderTerm, committedIndex, committedTerm);
        for (Follower follower : followers) {
            follower.latest.set(commit);
            follower.pump();
        }
    }

    private final class Follower implements InvokeCallback {
        private final PeerId peer;
        private final AtomicBoolean inFlight = new AtomicBoolean();
        private final AtomicReference<@Nullable Commit> latest = new AtomicReference<>();

        Follower(PeerId peer) {
            this.peer = peer;
        }

        void pump() {
            while (latest.get() != null && inFlight.compareAndSet(false, true)) {
                Commit next = latest.getAndSet(null);
                if (next != null && client.checkConnection(peer.getEndpoint())) {
                    send(next);
                    return;
                }
                inFlight.set(false);
            }
        }

        private void send(Commit commit) {
            AppendEntriesRequest heartbeat = AppendEntriesRequest.newBuilder()
                    .setGroupId(groupId)
                    .setServerId(self.toString())
                    .setPeerId(peer.toString())
                    .setTerm(commit.leaderTerm)
                    .setPrevLogIndex(commit.index)
                    .setPrevLogTerm(commit.term)
                    .setCommittedIndex(commit.index)
                    .build();
            try {
                client.invokeAsync(peer.getEndpoint(), heartbeat, this, RESPONSE_MILLIS_MAX);
            } catch (RemotingException unreachable) {
                inFlight.set(false);
            } catch (InterruptedException interrupted) {
                inFlight.set(false);
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void complete(Object result, Throwable failure) {
            inFlight.set(false);
            pump();
        }

        @Override
        public Executor executor() {
            return Runnable::run;
        }
    }
}
