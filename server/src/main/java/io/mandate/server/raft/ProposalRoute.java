package io.mandate.server.raft;

import com.alipay.sofa.jraft.Node;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.entity.Task;
import io.mandate.server.raft.transport.PeerTransport;
import io.mandate.server.raft.transport.TransportException;
import java.nio.ByteBuffer;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where batches go: into the engine's log if this node leads, else to the leader. Thread-safe. */
final class ProposalRoute implements ProposalQueue.Route {
    private static final Logger LOG = LoggerFactory.getLogger(ProposalRoute.class);

    private final KnownLeader leadership;
    private final LeaderClient leaderCalls;
    private final PeerTransport transport;
    private final Supplier<@Nullable Node> node;
    private final IntSupplier version;

    /**
     * Prepares a route.
     *
     * @param node the engine, null while it starts: it may lead a moment before it is known here
     * @param version of the peer protocol that all members speak
     */
    ProposalRoute(
            KnownLeader leadership,
            LeaderClient leaderCalls,
            PeerTransport transport,
            Supplier<@Nullable Node> node,
            IntSupplier version) {
        this.leadership = leadership;
        this.leaderCalls = leaderCalls;
        this.transport = transport;
        this.node = node;
        this.version = version;
    }

    @Override
    public boolean isOpen() {
        PeerId elsewhere = leadership.leaderElsewhere();
        return (leadership.ownTerm() != 0 && node.get() != null)
                || (elsewhere != null && transport.isConnected(elsewhere.getEndpoint()));
    }

    @Override
    public void send(RequestBatch batch) {
        long term = leadership.ownTerm();
        PeerId elsewhere = leadership.leaderElsewhere();
        Node engine = node.get();
        if (term != 0 && engine != null) {
            append(engine, batch, term);
        } else if (elsewhere != null) {
            leaderCalls
                    .ask(
                            elsewhere,
                            PeerMessages.FORWARDED_REQUESTS,
                            batch.encode(version.getAsInt()).array())
                    .whenComplete((answer, failed) -> answered(batch, answer, failed));
        } else {
            batch.failNotAppended("no leader");
        }
    }

    private void append(Node engine, RequestBatch batch, long term) {
        Task task = new Task(batch.encode(version.getAsInt()), batch);
        task.setExpectedTerm(term);
        try {
            engine.apply(task);
        } catch (IllegalStateException stopping) {
            // The engine has ended the batch already: it both calls the closure and throws.
            LOG.debug("append-refused cause=\"{}\"", stopping.getMessage());
        }
    }

    private static void answered(RequestBatch batch, byte @Nullable [] answer, @Nullable Throwable failed) {
        if (failed instanceof TransportException sending && sending.isNeverSent()) {
            batch.failNotAppended(String.valueOf(sending.getMessage()));
        } else if (answer == null) {
            batch.failUnknown("forwarding failed: " + (failed == null ? "" : failed.getMessage()));
        } else if (answer.length == 0) {
            batch.failUnknown("the leader's answer is empty");
        } else if (answer[0] == OutcomesCodec.NOT_LEADER) {
            batch.failNotAppended("the node asked does not lead");
        } else {
            batch.succeedWith(ByteBuffer.wrap(answer, 1, answer.length - 1));
        }
    }
}
