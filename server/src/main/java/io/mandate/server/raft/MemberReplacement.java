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
 * Readmits a member that lost its disk: the leader removes it from the configuration and adds it again. Both changes
 * are committed by majorities that do not include the member's lost votes, and the member does not vote until the
 * second one is committed.
 */
final class MemberReplacement {
    private static final Logger LOG = LoggerFactory.getLogger(MemberReplacement.class);

    /** The timeout of the exchange: two configuration changes, and the transfer of a snapshot between them. */
    private static final long EXCHANGE_MILLIS_MAX = 120_000;

    private static final long RETRY_MILLIS = 500;

    private MemberReplacement() {}

    /** The leader's side: handles the request of a member, which must be one of {@code others}. */
    static PeerTransport.MessageHandler handler(Node node, List<PeerId> others, BooleanSupplier isLeader) {
        return request -> {
            PeerId member = new PeerId();
            CompletableFuture<byte[]> response = new CompletableFuture<>();
            if (!member.parse(new String(request, StandardCharsets.UTF_8)) || !others.contains(member)) {
                throw new IllegalArgumentException("a request to readmit a node that is not another member");
            } else if (!isLeader.getAsBoolean()) {
                response.completeExceptionally(new IllegalStateException("not the leader"));
            } else {
                LOG.info("replacing-member member={}", member);
                remove(node, member).thenCompose(removed -> add(node, member)).whenComplete((added, failure) -> {
                    if (failure == null) {
                        response.complete(new byte[0]);
                    } else {
                        response.completeExceptionally(failure);
                    }
                });
            }
            return response;
        };
    }

    private static CompletableFuture<Void> remove(Node node, PeerId member) {
        List<PeerId> present = node.listPeers();
        if (!present.contains(member)) {
            return CompletableFuture.completedFuture(null);
        }
        ConfigurationChange change = new ConfigurationChange();
        node.removePeer(member, change);
        return change.done;
    }

    private static CompletableFuture<Void> add(Node node, PeerId member) {
        ConfigurationChange change = new ConfigurationChange();
        node.addPeer(member, change);
        return change.done;
    }

    private static final class ConfigurationChange implements Closure {
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
     * The member's side: asks every other member, repeatedly, until the leader among them has readmitted it; then runs
     * {@code done}.
     */
    static void requestReadmission(
            PeerTransport transport, int group, PeerId self, List<PeerId> others, Runnable done) {
        byte[] request = self.toString().getBytes(StandardCharsets.UTF_8);
        List<CompletableFuture<byte[]>> responses = others.stream()
                .map(other -> transport.call(
                        other.getEndpoint(), group, PeerMessages.REPLACE_MEMBER, request, EXCHANGE_MILLIS_MAX))
                .toList();
        CompletableFuture.allOf(responses.toArray(CompletableFuture<?>[]::new)).whenComplete((all, failure) -> {
            if (responses.stream().anyMatch(response -> !response.isCompletedExceptionally())) {
                LOG.info("replaced group={} member={}", group, self);
                done.run();
            } else {
                transport.later(() -> requestReadmission(transport, group, self, others, done), RETRY_MILLIS);
            }
        });
    }
}
