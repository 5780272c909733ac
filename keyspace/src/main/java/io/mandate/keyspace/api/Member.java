package io.mandate.keyspace.api;

import java.util.List;

/**
 * A node of the cluster as its clients see it.
 *
 * @param clientUrls where clients reach it; empty as long as it has never started
 */
public record Member(long id, String name, List<String> peerUrls, List<String> clientUrls) {
    public Member {
        peerUrls = List.copyOf(peerUrls);
        clientUrls = List.copyOf(clientUrls);
    }
}
