package io.mandate.server.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Replays the segments, in order, into the index of each group.
 *
 * <p>A power loss can leave the last batch unfinished, and a segment whose creation was in progress: both are removed.
 * The following are damage, and refused: a record that cannot be read although a later one was written after it had
 * been forced, a missing segment, a record that does not follow from those before it. Bits that flip within the very
 * last batch are indistinguishable from an unfinished write, and treated as one (Alagappan et al., "Protocol-Aware
 * Recovery for Consensus-Based Storage", FAST 2018, §2).
 */
final class Recovery {
    private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);

    private final LogDisk disk;
    private final boolean create;
    private final LogRecord format;
    private final GroupIndex[] groups;
    private final Segments segments;

    /** All segments that were opened, including those that are not in {@link #segments}. */
    private final List<Segment> opened = new ArrayList<>();

    Recovery(LogDisk disk, boolean create, GroupIndex[] groups, Segments segments) {
        this.disk = disk;
        this.create = create;
        this.format = new LogRecord(disk.checksum());
        this.groups = groups;
        this.segments = segments;
    }

    /**
     * Replays the log. If there is none and it may be created, there are no segments afterwards. If this throws, all
     * files are closed.
     */
    void run() throws IOException {
        try {
            recover();
        } catch (IOException | RuntimeException failed) {
            for (Segment segment : opened) {
                segment.file.close();
            }
            throw failed;
        }
    }

    private Segment open(long sequence) throws IOException {
        Segment segment = new Segment(sequence, disk.open(Segment.name(sequence)));
        opened.add(segment);
        return segment;
    }

    private void recover() throws IOException {
        List<Long> sequences = disk.names().stream()
                .map(Segment::sequence)
                .filter(sequence -> sequence != 0)
                .sorted()
                .toList();
        for (int i = 0; i < sequences.size(); i++) {
            long sequence = sequences.get(i);
            if (sequence != sequences.get(0) + i) {
                throw missing(sequences.get(0) + i);
            }
            Segment segment = open(sequence);
            SegmentReader reader = new SegmentReader(segment.file, sequence, format);
            if (create && sequences.size() == 1 && isUnfinishedFirstSegment(segment, reader)) {
                discard(segment);
                break;
            }
            segments.add(segment);
            boolean sealed = replay(segment, reader);
            boolean last = i == sequences.size() - 1;
            if (sealed && last) {
                throw missing(sequence + 1);
            }
            if (!sealed) {
                if (!last) {
                    discardUnused(segment, sequences.subList(i + 1, sequences.size()));
                }
                truncateTail(segment, reader);
                break;
            }
        }
        requireAllEntries();
    }

    private DamagedLogException missing(long sequence) {
        return new DamagedLogException("the log is damaged: " + disk + "/" + Segment.name(sequence)
                + " is missing: a later segment exists or the one before announces it");
    }

    /** The first segment is durable before any record after its head is written. */
    private static boolean isUnfinishedFirstSegment(Segment segment, SegmentReader reader) throws IOException {
        return segment.sequence == 1 && reader.at(0) == null && !reader.wasForced(0);
    }

    private void discard(Segment segment) throws IOException {
        segment.file.close();
        disk.delete(segment.name());
        disk.force();
        LOG.info("log-segment-discarded file={}/{} reason=\"its creation was not finished\"", disk, segment.name());
    }

    /** A segment is created before the one before it is sealed, and used after that. */
    private void discardUnused(Segment unsealed, List<Long> later) throws IOException {
        Segment unused = open(later.get(0));
        SegmentReader reader = new SegmentReader(unused.file, unused.sequence, format);
        if (later.size() > 1 || (reader.at(0) != null && reader.wasForced(0))) {
            throw damaged(unsealed, (int) unsealed.bytes, "more records: the next segment is in use");
        }
        if (reader.wasForced(0)) {
            throw damaged(unused, 0, "the record that begins a segment");
        }
        discard(unused);
    }

    /**
     * Replays a segment; returns whether it is sealed. Its {@code bytes} are set to the end of the readable records.
     */
    private boolean replay(Segment segment, SegmentReader reader) throws IOException {
        LogRecord.Header head = reader.at(0);
        if (head == null
                || head.type() != RecordType.SEGMENT
                || head.index() != segment.sequence
                || head.group() != Segment.VERSION) {
            throw damaged(
                    segment, 0, "the record that begins segment " + segment.sequence + " in format " + Segment.VERSION);
        }
        int groupCount = ByteBuffer.wrap(reader.payload(0, head)).getInt();
        int offset = head.bytes();
        for (; groupCount > 0; groupCount--) {
            LogRecord.Header state = reader.at(offset);
            if (state == null || state.type() != RecordType.GROUP) {
                throw damaged(segment, offset, "the state of " + groupCount + " more groups");
            }
            restore(
                    segment,
                    offset,
                    state,
                    ByteBuffer.wrap(reader.payload(offset, state)).getLong());
            offset += state.bytes();
        }
        LogRecord.Header header = reader.at(offset);
        while (header != null && header.type() != RecordType.SEAL) {
            replay(segment, offset, header);
            offset += header.bytes();
            header = reader.at(offset);
        }
        segments.setEnd(segment, offset);
        return header != null;
    }

    /**
     * Applies the state of a group that results from the segments before this one: restored from the first segment,
     * verified in the others.
     */
    private void restore(Segment segment, int offset, LogRecord.Header state, long next) {
        GroupIndex group = group(segment, offset, state.group());
        if (segment == segments.oldest()) {
            group.restore(state.index(), next);
        } else if (group.first() != state.index() || group.next() != next) {
            throw damaged(
                    segment,
                    offset,
                    "that the segments before it leave group " + state.group() + " with entries " + state.index()
                            + " to " + (next - 1) + ", and not with " + group.first() + " to " + (group.next() - 1));
        }
    }

    private GroupIndex group(Segment segment, int offset, int group) {
        if (group < 0 || group >= groups.length) {
            throw damaged(segment, offset, "a group from 0 to " + (groups.length - 1) + ", not " + group);
        }
        return groups[group];
    }

    private void replay(Segment segment, int offset, LogRecord.Header header) {
        GroupIndex group = group(segment, offset, header.group());
        long index = header.index();
        long location = Location.of(segment.sequence, offset, header.bytes());
        switch (header.type()) {
            case ENTRY, MARKED_ENTRY -> {
                if (index != group.next()) {
                    throw damaged(
                            segment,
                            offset,
                            "entry " + group.next() + " of group " + header.group() + ", not " + index);
                }
                group.append(location, header.type().isMarked());
                segments.markLive(location);
            }
            case COPY, MARKED_COPY -> {
                if (!group.holds(index)) {
                    throw damaged(
                            segment,
                            offset,
                            "a copy of an entry that group " + header.group() + " has, not of " + index);
                }
                segments.markDead(group.location(index));
                group.relocate(index, location, header.type().isMarked());
                segments.markLive(location);
            }
            case TRUNCATE_PREFIX -> group.truncatePrefix(index, segments::markDead);
            case TRUNCATE_SUFFIX -> group.truncateSuffix(index, segments::markDead);
            case RESET -> group.reset(index, segments::markDead);
            case SEGMENT, GROUP, SEAL -> throw damaged(segment, offset, "anything but " + header.type() + " here");
        }
    }

    /** Truncates an unfinished last write, and makes the rest durable: if only the process died, it may not be yet. */
    private void truncateTail(Segment segment, SegmentReader reader) throws IOException {
        int end = (int) segment.bytes;
        if (reader.wasForced(end)) {
            throw damaged(segment, end, "a record: a later write follows");
        }
        if (reader.hasNonZero(end)) {
            LOG.warn(
                    "log-tail-cut file={}/{} offset={} bytes={} reason=\"the last write was not finished\"",
                    disk,
                    segment.name(),
                    end,
                    reader.size() - end);
        }
        int count = segments.count();
        if (count > 1) {
            segments.all().get(count - 2).file.force(); // the seal may not be on the disk yet
        }
        segment.file.truncate(end);
        segment.file.force();
        disk.force();
    }

    private void requireAllEntries() {
        for (int number = 0; number < groups.length; number++) {
            GroupIndex group = groups[number];
            for (long index = group.first(); index < group.next(); index++) {
                if (group.location(index) == Location.NONE) {
                    throw new DamagedLogException("the log is damaged: entry " + index + " of group " + number
                            + " is in none of the segments of " + disk + ", the oldest is "
                            + segments.oldest().name());
                }
            }
        }
    }

    private DamagedLogException damaged(Segment segment, int offset, String expected) {
        return new DamagedLogException(disk, segment.name(), offset, expected);
    }
}
