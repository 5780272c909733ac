package io.mandate.server.raft.transport;

/** Two nodes have no common version of the peer protocol. The message is for the logs of both. */
final class VersionsApartException extends TransportException {
    private static final long serialVersionUID = 1L;

    VersionsApartException(PeerVersions sender, PeerVersions reader) {
        super("a node that speaks peer protocol " + sender + " met one that speaks " + reader
                + ", and they have none in common: run consecutive releases on the nodes of a cluster,"
                + " and upgrade the older node to a release in between first");
    }
}
