package io.mandate.server.raft.transport;

import com.alipay.sofa.jraft.util.Endpoint;

/** Told about connections to other nodes, on one thread of the transport's own, so it may take its time. */
public interface PeerListener {

    /** The peer has accepted us. */
    default void connected(Endpoint peer) {}

    /** An established connection is gone. */
    default void connectionLost(Endpoint peer) {}

    /** The peer's machine answers, but nothing listens on its port: the process is dead. */
    default void portClosed(Endpoint peer) {}

    /** The peer does not want us, and says why. */
    default void refused(Endpoint peer, String reason) {}
}
