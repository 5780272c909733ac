package io.mandate.server.raft.transport;

import com.alipay.sofa.jraft.util.Endpoint;

/** Notified of connections to other nodes, on a single thread of the transport, which it may block. */
public interface PeerListener {

    /** The handshake with the peer has succeeded. */
    default void connected(Endpoint peer) {}

    /** An established connection was lost. */
    default void connectionLost(Endpoint peer) {}

    /** The peer's host responds, but no process listens on its port: the node is dead. */
    default void portClosed(Endpoint peer) {}

    /** The peer, or this node, has rejected the connection. */
    default void refused(Endpoint peer, String reason) {}
}
