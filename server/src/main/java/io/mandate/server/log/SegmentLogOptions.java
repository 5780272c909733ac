package io.mandate.server.log;

/**
 * The limits of a log.
 *
 * @param groups the number of groups; they are numbered from 0
 * @param segmentBytes the size of a file: the unit of deletion
 * @param segmentsMax the number of files above which a mostly dead log copies the live entries of the oldest one, so
 *     that an idle group cannot keep all later files
 * @param create whether a missing log may be created. Must be false for a node that had one: it would lose what it
 *     acknowledged
 */
public record SegmentLogOptions(int groups, int segmentBytes, int segmentsMax, boolean create) {
    /** Far more than are useful on one node. */
    public static final int GROUPS_MAX = 4_096;

    /** The largest file that a {@link Location} can address. */
    public static final int SEGMENT_BYTES_MAX = Location.OFFSET_MAX;

    /** The smallest useful file, for tests. */
    public static final int SEGMENT_BYTES_MIN = 1 << 10;

    public SegmentLogOptions {
        require(groups >= 1 && groups <= GROUPS_MAX, "groups", groups, 1, GROUPS_MAX);
        require(
                segmentBytes >= SEGMENT_BYTES_MIN && segmentBytes <= SEGMENT_BYTES_MAX,
                "segmentBytes",
                segmentBytes,
                SEGMENT_BYTES_MIN,
                SEGMENT_BYTES_MAX);
        // otherwise heads of segments would be most of the dead bytes
        int leastBytes = 4 * Segment.overheadBytes(groups);
        require(segmentBytes >= leastBytes, "segmentBytes", segmentBytes, leastBytes, SEGMENT_BYTES_MAX);
        require(segmentsMax >= 2 && segmentsMax <= 10_000, "segmentsMax", segmentsMax, 2, 10_000);
    }

    private static void require(boolean holds, String name, int value, int least, int most) {
        if (!holds) {
            throw new IllegalArgumentException(name + " is " + value + " and must be from " + least + " to " + most);
        }
    }

    /** Files of 64 MiB; copying begins above 8 files. */
    public static SegmentLogOptions forGroups(int groups, boolean create) {
        return new SegmentLogOptions(groups, 64 << 20, 8, create);
    }

    /** The longest entry: it must fit into a segment with its head and seal. */
    public int entryBytesMax() {
        return Math.min(Location.BYTES_MAX, segmentBytes - Segment.overheadBytes(groups)) - LogRecord.HEADER_BYTES - 8;
    }
}
