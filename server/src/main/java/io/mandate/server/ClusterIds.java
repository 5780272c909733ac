package io.mandate.server;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;

/**
 * The ids of cluster and members, derived from addresses and token, so that all nodes compute the same ids without
 * communication. Never 0.
 */
final class ClusterIds {
    private ClusterIds() {}

    static long memberId(URI peerUrl, String clusterToken) {
        return hash("member\0" + peerUrl + "\0" + clusterToken);
    }

    static long clusterId(Collection<URI> peerUrls, String clusterToken) {
        StringBuilder text = new StringBuilder("cluster\0").append(clusterToken);
        peerUrls.stream()
                .map(URI::toString)
                .sorted()
                .forEach(url -> text.append('\0').append(url));
        return hash(text.toString());
    }

    private static long hash(String text) {
        byte[] digest;
        try {
            digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every Java platform has SHA-256", impossible);
        }
        long id = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            id = (id << 8) | (digest[i] & 0xff);
        }
        return id == 0 ? 1 : id;
    }
}
