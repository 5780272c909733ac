package io.mandate.server.raft.transport;

import com.alipay.sofa.jraft.option.NodeOptions;

/**
 * The engine's node options, with the node's transport. The engine looks up its RPC factory once for the whole JVM, but
 * passes it the node's options; through them the factory finds the transport, so that several nodes can run in one JVM.
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
