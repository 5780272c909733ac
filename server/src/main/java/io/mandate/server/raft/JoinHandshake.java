package io.mandate.server.raft;

import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.util.Endpoint;
import io.mandate.server.raft.transport.PeerListener;
import io.mandate.server.raft.transport.PeerTransport;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Asks the other members whether a node with an empty disk may join: a member that knows this one with another disk
 * rejects it, and then the node must not start, because it could vote twice in one term. Members that do not run are
 * skipped.
 */
final class JoinHandshake {
    /** The timeout for members that neither respond nor refuse the connection. */
    private static final long RESPONSE_MILLIS_MAX = 2_000;

    private final List<CompletableFuture<String>> responses;

    /** Starts to listen to the responses; the caller connects to the members. */
    JoinHandshake(PeerTransport transport, List<PeerId> others) {
        this.responses = others.stream()
                .map(peer -> responseOf(peer.getEndpoint(), transport))
                .toList();
    }

    /** Returns the first rejection; waits until every other member has responded or is unreachable. */
    Optional<String> rejection() {
        return responses.stream()
                .map(response -> response.completeOnTimeout("", RESPONSE_MILLIS_MAX, TimeUnit.MILLISECONDS)
                        .join())
                .filter(rejection -> !rejection.isEmpty())
                .findFirst();
    }

    private static CompletableFuture<String> responseOf(Endpoint peer, PeerTransport transport) {
        CompletableFuture<String> response = new CompletableFuture<>();
        transport.addListener(new PeerListener() {
            @Override
            public void connected(Endpoint connected) {
                if (connected.equals(peer)) {
                    response.complete("");
                }
            }

            @Override
            public void portClosed(Endpoint closed) {
                if (closed.equals(peer)) {
                    response.complete("");
                }
            }

            @Override
            public void refused(Endpoint refusing, String reason) {
                if (refusing.equals(peer)) {
                    response.complete(reason);
                }
            }
        });
        return response;
    }
}
