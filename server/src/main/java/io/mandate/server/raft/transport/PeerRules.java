package io.mandate.server.raft.transport;

import java.nio.ByteBuffer;
import java.util.Optional;

/** What a node knows of its cluster, by which it judges what other nodes send. Thread-safe. */
public interface PeerRules {
    /** What is to be objected to a node that introduces itself, if anything; may block, is called one at a time. */
    Optional<String> objectionTo(PeerHello other);

    /** Whether a member of the cluster, this one included, is at {@code host:port}. */
    boolean isMember(String address);

    /**
     * What is to be objected to an entry for the log, if anything. For a look at its beginning: it is called for every
     * entry.
     */
    Optional<String> objectionTo(ByteBuffer entry);
}
