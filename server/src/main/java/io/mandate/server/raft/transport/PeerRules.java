package io.mandate.server.raft.transport;

import java.nio.ByteBuffer;
import java.util.Optional;

/** Validates nodes and messages by a node's knowledge of its cluster. Thread-safe. */
public interface PeerRules {
    /** Returns why a node is rejected, if it is. May block; calls do not overlap. */
    Optional<String> rejectionReason(PeerHello other);

    /** Whether {@code host:port} is the address of a member, including this one. */
    boolean isMember(String address);

    /** Returns why a log entry is rejected, if it is. Called for every entry, so it should check only the header. */
    Optional<String> rejectionReason(ByteBuffer entry);
}
