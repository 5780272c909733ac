package io.mandate.server.log;

/**
 * How large a log's parts may become.
 *
 * @param groups how many groups there are; their numbers are from 0 on
 * @param segmentBytes the size of a file: whatever is dead goes in such pieces, and a start reads them all
 * @param segmentsMax the number of files above which a log that is mostly dead moves what still lives in the oldest, so
 *     that a quiet group cannot keep all that was written since
 * @param create whether a log may be founded if there is none. Not for a node that had one: it would have forgotten
 *     what it acknowledged
 */
public record SegmentLogOptions(int groups, int segmentBytes, int segmentsMax, boolean create) {
    /** Far more than pay on one node. */
    public static final int GROUPS_MAX = 4_096;

    /** What a location can address. */
    public static final int SEGMENT_BYTES_MAX = Location.OFFSET_MAX;

    /** The smallest file that is of any use: for tests. */
    public static final int SEGMENT_BYTES_MIN = 1 << 10;

    public SegmentLogOptions {
        require(groups >= 1 && groups <= GROUPS_MAX, "groups", groups, 1, GROUPS_MAX);
        require(
                segmentBytes >= SEGMENT_BYTES_MIN && segmentBytes <= SEGMENT_BYTES_MAX,
                "segmentBytes",
                segmentBytes,
                SEGMENT_BYTES_MIN,
                SEGMENT_BYTES_MAX);
        int leastBytes = 4 * Segment.overheadBytes(groups); // or what is dead would be mostly what begins segments
        require(segmentBytes >= leastBytes, "segmentBytes", segmentBytes, leastBytes, SEGMENT_BYTES_MAX);
        require(segmentsMax >= 2 && segmentsMax <= 10_000, "segmentsMax", segmentsMax, 2, 10_000);
    }

    private static void require(boolean holds, String name, int value, int least, int most) {
        if (!holds) {
            throw new IllegalArgumentException(name + " is " + value + ", and must be from " + least + " to " + most);
        }
    }

    /** Files of 64 MiB, moving begins at 8 of them. */
    public static SegmentLogOptions forGroups(int groups, boolean create) {
        return new SegmentLogOptions(groups, 64 << 20, 8, create);
    }

    /** The longest entry: it must fit a segment together with what stands at the beginning and the end of one. */
    public int entryBytesMax() {
        return Math.min(Location.BYTES_MAX, segmentBytes - Segment.overheadBytes(groups)) - LogRecord.HEADER_BYTES - 8;
    }
}
