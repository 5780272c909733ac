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
 * Tells followers at once that something has been committed. The engine says it with the next append or heartbeat,
 * which on an idle cluster is tens of milliseconds later, and a watch served by a follower, or a ReadIndex read there,
 * would be as late.
 *
 * <p>What is sent is an ordinary Raft heartbeat: an append without entries, whose previous entry is the committed one.
 * A follower that has that entry takes over the commit index (Raft §5.3), any other one refuses it, as it would refuse
 * any append that does not fit. The answer is not looked at: the engine's own heartbeats do what follows from it.
 *
 * <p>One push is under way to each follower; of what is committed meanwhile the latest is pushed when it returns.
 * Thread-safe.
 */
final class CommitPush {
    private static final int ANSWER_MILLIS_MAX = 1_000;

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

    /** Pushes to every follower, now or when the push under way returns. */
    void push(long leaderTerm, long committedIndex, long committedTerm) {
        Commit commit = new Commit(leaderTerm, committedIndex, committedTerm);
        for (Follower follower : followers) {
            follower.waiting.set(commit);
            follower.drive();
        }
    }

    private final class Follower implements InvokeCallback {
        private final PeerId peer;
        private final AtomicBoolean underWay = new AtomicBoolean();
        private final AtomicReference<@Nullable Commit> waiting = new AtomicReference<>();

        Follower(PeerId peer) {
            this.peer = peer;
        }

        void drive() {
            while (waiting.get() != null && underWay.compareAndSet(false, true)) {
                Commit next = waiting.getAndSet(null);
                if (next != null && client.checkConnection(peer.getEndpoint())) {
                    send(next);
                    return;
                }
                underWay.set(false);
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
            drive();
        }

        @Override
        public Executor executor() {
            return Runnable::run;
        }
    }
}
