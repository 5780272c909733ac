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
 * What the others say when a node without a past first connects to them: whoever remembers this member with another
 * disk objects, and then the node must not start, because it would vote a second time in a term it has voted in. Others
 * that are not running have nothing to say.
 */
final class JoinHandshake {
    /** For those that neither answer nor refuse the connection. */
    private static final long ANSWER_MILLIS_MAX = 2_000;

    private final List<CompletableFuture<String>> answers;

    /** Listens from now on to what the others say; connecting to them is left to the caller. */
    JoinHandshake(PeerTransport transport, List<PeerId> others) {
        this.answers = others.stream()
                .map(peer -> answerOf(peer.getEndpoint(), transport))
                .toList();
    }

    /** The first objection; waits until all others have answered or cannot. */
    Optional<String> objection() {
        return answers.stream()
                .map(answer -> answer.completeOnTimeout("", ANSWER_MILLIS_MAX, TimeUnit.MILLISECONDS)
                        .join())
                .filter(objection -> !objection.isEmpty())
                .findFirst();
    }

    private static CompletableFuture<String> answerOf(Endpoint peer, PeerTransport transport) {
        CompletableFuture<String> answer = new CompletableFuture<>();
        transport.addListener(new PeerListener() {
            @Override
            public void connected(Endpoint connected) {
                if (connected.equals(peer)) {
                    answer.complete("");
                }
            }

            @Override
            public void portClosed(Endpoint absent) {
                if (absent.equals(peer)) {
                    answer.complete("");
                }
            }

            @Override
            public void refused(Endpoint refusing, String reason) {
                if (refusing.equals(peer)) {
                    answer.complete(reason);
                }
            }
        });
        return answer;
    }
}
