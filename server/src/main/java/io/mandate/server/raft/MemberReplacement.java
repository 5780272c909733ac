package io.mandate.server.raft;

import com.alipay.sofa.jraft.Closure;
import com.alipay.sofa.jraft.Node;
import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.entity.PeerId;
import io.mandate.server.raft.transport.PeerTransport;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives a member that lost its disk its place back: the leader takes it out of the configuration and in again. Both
 * changes are committed by majorities that do not need the member's forgotten votes, and until the second one is, the
 * member does not vote.
 */
final class MemberReplacement {
    private static final Logger LOG = LoggerFactory.getLogger(MemberReplacement.class);

    /** The whole exchange: two configuration changes, and between them the member fetches a snapshot. */
    private static final long EXCHANGE_MILLIS_MAX = 120_000;

    private static final long RETRY_MILLIS = 500;

    private MemberReplacement() {}

    /** The leader's side: answers a member's plea; one of {@code others}, for nobody else has a place. */
    static PeerTransport.Handler answering(Node node, List<PeerId> others, BooleanSupplier leads) {
        return question -> {
            PeerId member = new PeerId();
            CompletableFuture<byte[]> answer = new CompletableFuture<>();
            if (!member.parse(new String(question, StandardCharsets.UTF_8)) || !others.contains(member)) {
                throw new IllegalArgumentException("a plea for the place of somebody who is no other member");
            } else if (!leads.getAsBoolean()) {
                answer.completeExceptionally(new IllegalStateException("not the leader"));
            } else {
                LOG.info("replacing-member member={}", member);
                remove(node, member).thenCompose(removed -> add(node, member)).whenComplete((added, failure) -> {
                    if (failure == null) {
                        answer.complete(new byte[0]);
                    } else {
                        answer.completeExceptionally(failure);
                    }
                });
            }
            return answer;
        };
    }

    private static CompletableFuture<Void> remove(Node node, PeerId member) {
        List<PeerId> present = node.listPeers();
        if (!present.contains(member)) {
            return CompletableFuture.completedFuture(null);
        }
        Change change = new Change();
        node.removePeer(member, change);
        return change.done;
    }

    private static CompletableFuture<Void> add(Node node, PeerId member) {
        Change change = new Change();
        node.addPeer(member, change);
        return change.done;
    }

    private static final class Change implements Closure {
        private final CompletableFuture<Void> done = new CompletableFuture<>();

        @Override
        public void run(Status status) {
            if (status.isOk()) {
                done.complete(null);
            } else {
                done.completeExceptionally(new IllegalStateException(status.getErrorMsg()));
            }
        }
    }

    /**
     * The member's side: asks every other member, again and again, until the leader among them has done it; then
     * {@code done} runs.
     */
    static void ask(PeerTransport transport, int group, PeerId self, List<PeerId> others, Runnable done) {
        byte[] question = self.toString().getBytes(StandardCharsets.UTF_8);
        List<CompletableFuture<byte[]>> answers = others.stream()
                .map(other -> transport.call(
                        other.getEndpoint(), group, PeerMessages.REPLACE_MEMBER, question, EXCHANGE_MILLIS_MAX))
                .toList();
        CompletableFuture.allOf(answers.toArray(CompletableFuture<?>[]::new)).whenComplete((all, failure) -> {
            if (answers.stream().anyMatch(answer -> !answer.isCompletedExceptionally())) {
                LOG.info("replaced group={} member={}", group, self);
                done.run();
            } else {
                transport.later(() -> ask(transport, group, self, others, done), RETRY_MILLIS);
            }
        });
    }
}
