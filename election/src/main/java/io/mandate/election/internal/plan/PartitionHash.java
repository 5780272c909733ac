package io.mandate.election.internal.plan;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Which partition a key belongs to: MurmurHash3, the variant of 32 bits for x86 with seed 0, of the key's bytes, taken
 * as an unsigned number modulo the number of partitions. (A. Appleby, 2011.) The same for ever, and easily had in every
 * language: keys are where they are because of it.
 */
public final class PartitionHash {
    private static final int FIRST = 0xcc9e2d51;
    private static final int SECOND = 0x1b873593;

    private PartitionHash() {}

    /** As {@link #partitionOf(byte[], int)} of the key's UTF-8. */
    public static int partitionOf(String key, int partitions) {
        return partitionOf(key.getBytes(StandardCharsets.UTF_8), partitions);
    }

    /**
     * The partition of a key.
     *
     * @param partitions 1 to {@value Plan#PARTITIONS_MAX}
     * @return from 0 to {@code partitions} - 1
     * @throws IllegalArgumentException if {@code partitions} is out of its bounds
     */
    public static int partitionOf(byte[] key, int partitions) {
        if (partitions < 1 || partitions > Plan.PARTITIONS_MAX) {
            throw new IllegalArgumentException(partitions + " partitions are not between 1 and " + Plan.PARTITIONS_MAX);
        }
        return Integer.remainderUnsigned(murmur(key), partitions);
    }

    static int murmur(byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int hash = 0;
        while (buffer.remaining() >= Integer.BYTES) {
            hash = Integer.rotateLeft(hash ^ scrambled(buffer.getInt()), 13) * 5 + 0xe6546b64;
        }
        int tail = 0;
        for (int shift = 0; buffer.hasRemaining(); shift += Byte.SIZE) {
            tail |= (buffer.get() & 0xff) << shift;
        }
        hash ^= scrambled(tail) ^ bytes.length;
        hash = (hash ^ (hash >>> 16)) * 0x85ebca6b;
        hash = (hash ^ (hash >>> 13)) * 0xc2b2ae35;
        return hash ^ (hash >>> 16);
    }

    private static int scrambled(int word) {
        return Integer.rotateLeft(word * FIRST, 15) * SECOND;
    }
}
