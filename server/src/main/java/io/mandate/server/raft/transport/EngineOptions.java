package io.mandate.server.raft.transport;

import com.alipay.sofa.jraft.option.NodeOptions;

/**
 * The engine's node options, with the transport the node shall use. The engine finds its RPC factory once for the whole
 * JVM, but hands it the node's options: so the transport travels in them, and several nodes can live in one JVM.
 */
public final class EngineOptions extends NodeOptions {
    private final PeerTransport transport;

    public EngineOptions(PeerTransport transport) {
        this.transport = transport;
    }

    PeerTransport transport() {
        return transport;
    }
}
