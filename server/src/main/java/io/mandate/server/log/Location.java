package io.mandate.server.log;

/**
 * The location of a record in 64 bits, so that the index of a million entries takes 8 MB: from the left, 19 bits of the
 * segment's sequence number, 24 of the offset in it, 21 of the record's length, the latter two in units of 8 bytes. 19
 * bits are enough for the segments that exist at a time (32 TiB).
 */
final class Location {
    /** No location: the first record of a segment is never an entry. */
    static final long NONE = 0;

    static final int OFFSET_MAX = (1 << 24) * 8 - 8;
    static final int BYTES_MAX = (1 << 21) * 8 - 8;
    static final int SEGMENTS_MASK = (1 << 19) - 1;

    private Location() {}

    static long of(long sequence, int offset, int bytes) {
        return ((sequence & SEGMENTS_MASK) << 45) | ((long) (offset >>> 3) << 21) | (bytes >>> 3);
    }

    /** The low bits of the segment's sequence number. */
    static int segment(long location) {
        return (int) (location >>> 45);
    }

    static int offset(long location) {
        return (int) ((location >>> 21) & 0xFF_FFFF) << 3;
    }

    static int bytes(long location) {
        return (int) (location & 0x1F_FFFF) << 3;
    }
}
