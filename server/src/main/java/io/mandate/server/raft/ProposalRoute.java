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

/** Sends batches to the engine's log if this node leads, otherwise to the leader. Thread-safe. */
final class ProposalRoute implements ProposalQueue.Route {
    private static final Logger LOG = LoggerFactory.getLogger(ProposalRoute.class);

    private final KnownLeader leadership;
    private final LeaderClient leaderClient;
    private final PeerTransport transport;
    private final Supplier<@Nullable Node> node;
    private final IntSupplier version;

    /**
     * Creates a route.
     *
     * @param node supplies the engine; null while it starts, which may lead for a moment before it is available here
     * @param version supplies the version of the peer protocol that all members speak
     */
    ProposalRoute(
            KnownLeader leadership,
            LeaderClient leaderClient,
            PeerTransport transport,
            Supplier<@Nullable Node> node,
            IntSupplier version) {
        this.leadership = leadership;
        this.leaderClient = leaderClient;
        this.transport = transport;
        this.node = node;
        this.version = version;
    }

    @Override
    public boolean isOpen() {
        PeerId leader = leadership.leaderElsewhere();
        return (leadership.ownTerm() != 0 && node.get() != null)
                || (leader != null && transport.isConnected(leader.getEndpoint()));
    }

    @Override
    public void send(RequestBatch batch) {
        long term = leadership.ownTerm();
        PeerId leader = leadership.leaderElsewhere();
        Node engine = node.get();
        if (term != 0 && engine != null) {
            append(engine, batch, term);
        } else if (leader != null) {
            leaderClient
                    .call(
                            leader,
                            PeerMessages.FORWARDED_REQUESTS,
                            batch.encode(version.getAsInt()).array())
                    .whenComplete((response, failed) -> onResponse(batch, response, failed));
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
            // The engine has completed the batch already: it both calls the closure and throws.
            LOG.debug("append-refused cause=\"{}\"", stopping.getMessage());
        }
    }

    private static void onResponse(RequestBatch batch, byte @Nullable [] response, @Nullable Throwable failed) {
        if (failed instanceof TransportException sending && sending.isNeverSent()) {
            batch.failNotAppended(String.valueOf(sending.getMessage()));
        } else if (response == null) {
            batch.failUnknown("forwarding failed: " + (failed == null ? "" : failed.getMessage()));
        } else if (response.length == 0) {
            batch.failUnknown("the leader's response is empty");
        } else if (response[0] == OutcomesCodec.NOT_LEADER) {
            batch.failNotAppended("the called node is not the leader");
        } else {
            batch.succeedWith(ByteBuffer.wrap(response, 1, response.length - 1));
        }
    }
}
