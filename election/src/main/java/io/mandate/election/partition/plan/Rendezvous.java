package io.mandate.election.partition.plan;

import java.nio.charset.StandardCharsets;

/**
 * Scores of partitions at members, by which those that nobody owns are spread: each partition ranks the members in an order of its own, the same everywhere. (Rendezvous hashing: D. Thaler and C.
 * Ravishankar, 1998.)
 */
final class Rendezvous {
    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;
    private static final long GOLDEN = 0x9e3779b97f4a7c15L;

    private Rendezvous() {}

    /** FNV-1a of 64 bits. */
    static long ofName(String name) {
        long hash = FNV_OFFSET;
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xff)) * FNV_PRIME;
        }
        return hash;
    }

    /** The larger, as a signed number, the better the member suits the partition. */
    static long score(int partition, long ofName) {
        return mixed(ofName ^ mixed(partition * GOLDEN));
    }

    /** The finalizer of MurmurHash3 for 64 bits. */
    private static long mixed(long bits) {
        long hash = (bits ^ (bits >>> 33)) * 0xff51afd7ed558ccdL;
        hash = (hash ^ (hash >>> 33)) * 0xc4ceb9fe1a85ec53L;
        return hash ^ (hash >>> 33);
    }
}
