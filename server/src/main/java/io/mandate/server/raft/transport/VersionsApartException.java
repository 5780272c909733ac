package io.mandate.server.raft.transport;

/** Two nodes speak no version of the peer protocol in common. The message is for the logs of both. */
final class VersionsApartException extends TransportException {
    private static final long serialVersionUID = 1L;

    VersionsApartException(PeerVersions sender, PeerVersions reader) {
        super("a node that speaks peer protocol " + sender + " met one that speaks " + reader
                + ", and they have none in common: run releases that follow each other on the nodes of a cluster,"
                + " and upgrade the older one to a release in between first");
    }
}
