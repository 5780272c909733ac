package io.mandate.server.raft.transport;

import java.nio.ByteBuffer;
import java.util.Optional;

/** Accepts every node of one cluster as a member, at any loopback address, and entries that begin with 1. */
record OneCluster(long cluster) implements PeerRules {
    @Override
    public Optional<String> rejectionReason(PeerHello other) {
        return other.clusterId() == cluster ? Optional.empty() : Optional.of("it is of another cluster");
    }

    @Override
    public boolean isMember(String address) {
        return address.startsWith("127.0.0.1:");
    }

    @Override
    public Optional<String> rejectionReason(ByteBuffer entry) {
        return entry.get(0) == 1 ? Optional.empty() : Optional.of("it begins with " + entry.get(0));
    }
}
