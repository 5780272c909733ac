package io.mandate.election.internal.plan;

import java.nio.charset.StandardCharsets;
import java.util.function.IntPredicate;

/**
 * How well partitions suit members: each partition ranks the members in an order of its own, the same everywhere, and a
 * member of twice the weight comes first twice as often. So what one member leaves is spread over all others.
 * (Rendezvous hashing: D. Thaler and C. Ravishankar, 1998; with weights, by the logarithm: C. Schindelhauer and G.
 * Schomaker, 2005.)
 *
 * <p>Names are hashed by FNV-1a of 64 bits, and that and the partition's number are mixed by the finalizer of
 * MurmurHash3 for 64 bits. All arithmetic is exact or IEEE 754, hence the same on every machine.
 */
final class Rendezvous {
    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;
    private static final long GOLDEN = 0x9e3779b97f4a7c15L;

    private static final int TABLE_BITS = 8;
    private static final int TABLE_SIZE = 1 << TABLE_BITS;
    private static final int REST_BITS = Long.SIZE - 1 - TABLE_BITS;
    private static final double REST_UNIT = 1.0 / (1L << REST_BITS);

    /**
     * The logarithms to base 2 of 1 to 2: a call of StrictMath for each of millions of pairs would be most of the time
     * of a plan.
     */
    private static final double[] LOGARITHMS = logarithms();

    private final double[] parts;
    private final long[] hashes;

    private Rendezvous(double[] parts, long[] hashes) {
        this.parts = parts;
        this.hashes = hashes;
    }

    /** @param weights of the members of these names, in the same order */
    static Rendezvous of(String[] names, int[] weights) {
        double[] parts = new double[names.length];
        long[] hashes = new long[names.length];
        for (int i = 0; i < names.length; i++) {
            parts[i] = 1.0 / weights[i];
            hashes[i] = ofName(names[i]);
        }
        return new Rendezvous(parts, hashes);
    }

    /**
     * The member that suits a partition best of those that are preferred or, if there are none, of the others;
     * {@link Plan#NONE} if there are no others either.
     *
     * @param among indices of members
     * @param isCandidate which of these are to be chosen among
     */
    int nearest(int partition, int[] among, IntPredicate isCandidate, IntPredicate isPreferred) {
        long ofPartition = ofPartition(partition);
        int nearest = Plan.NONE;
        boolean nearestPreferred = false;
        double least = 0;
        for (int member : among) {
            if (!isCandidate.test(member)) {
                continue;
            }
            boolean preferred = isPreferred.test(member);
            double distance = distance(ofPartition, member);
            if (nearest == Plan.NONE || (preferred == nearestPreferred ? distance < least : preferred)) {
                nearest = member;
                nearestPreferred = preferred;
                least = distance;
            }
        }
        return nearest;
    }

    /** What {@link #distance} wants to know of a partition. */
    static long ofPartition(int partition) {
        return mixed((partition + 1) * GOLDEN);
    }

    /** The smaller, the better the member suits the partition. */
    double distance(long ofPartition, int member) {
        return minusLogarithm(mixed(hashes[member] ^ ofPartition)) * parts[member];
    }

    /** FNV-1a of 64 bits, of the UTF-8. */
    static long ofName(String name) {
        long hash = FNV_OFFSET;
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xff)) * FNV_PRIME;
        }
        return hash;
    }

    /** The negative logarithm to base 2 of (bits + 1) / 2^64, bits unsigned; within three millionths. */
    static double minusLogarithm(long bits) {
        int zeros = Long.numberOfLeadingZeros(bits | 1);
        long fraction = ((bits | 1) << zeros) << 1;
        int at = (int) (fraction >>> (Long.SIZE - TABLE_BITS));
        double between = ((fraction << TABLE_BITS) >>> (TABLE_BITS + 1)) * REST_UNIT;
        return zeros + 1 - (LOGARITHMS[at] + (LOGARITHMS[at + 1] - LOGARITHMS[at]) * between);
    }

    private static double[] logarithms() {
        double[] logarithms = new double[TABLE_SIZE + 1];
        for (int i = 0; i <= TABLE_SIZE; i++) {
            logarithms[i] = StrictMath.log(1 + (double) i / TABLE_SIZE) / StrictMath.log(2);
        }
        return logarithms;
    }

    private static long mixed(long bits) {
        long hash = (bits ^ (bits >>> 33)) * 0xff51afd7ed558ccdL;
        hash = (hash ^ (hash >>> 33)) * 0xc4ceb9fe1a85ec53L;
        return hash ^ (hash >>> 33);
    }
}
