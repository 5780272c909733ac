package io.mandate.server.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the segments back, in order, into the index of each group.
 *
 * <p>What may be wrong after a power loss is the last batch, and a segment that was being created: that is cut off. A
 * record that cannot be read although what stands behind it was written after it had been forced, a segment that is
 * missing, a record that does not follow from those before it: these are damage, and refused. Bits that flip within the
 * very last batch look like an unfinished write, and are taken for one (Alagappan et al., "Protocol-Aware Recovery for
 * Consensus-Based Storage", FAST 2018, §2: nobody can tell them apart).
 */
final class Recovery {
    private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);

    private final LogDisk disk;
    private final boolean create;
    private final LogRecord format;
    private final GroupIndex[] groups;
    private final Segments segments;

    /** All that were opened, also those that are not among the segments, or not yet. */
    private final List<Segment> opened = new ArrayList<>();

    Recovery(LogDisk disk, boolean create, GroupIndex[] groups, Segments segments) {
        this.disk = disk;
        this.create = create;
        this.format = new LogRecord(disk.checksum());
        this.groups = groups;
        this.segments = segments;
    }

    /**
     * Reads everything. There are no segments afterwards if the log has yet to be founded. If it throws, no file is
     * left open.
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
        for (int place = 0; place < sequences.size(); place++) {
            long sequence = sequences.get(place);
            if (sequence != sequences.get(0) + place) {
                throw missing(sequences.get(0) + place);
            }
            Segment segment = open(sequence);
            SegmentReader reader = new SegmentReader(segment.file, sequence, format);
            if (create && sequences.size() == 1 && wasBeingFounded(segment, reader)) {
                discard(segment);
                break;
            }
            segments.add(segment);
            boolean sealed = replay(segment, reader);
            boolean last = place == sequences.size() - 1;
            if (sealed && last) {
                throw missing(sequence + 1);
            }
            if (!sealed) {
                if (!last) {
                    discardUnused(segment, sequences.subList(place + 1, sequences.size()));
                }
                cutTail(segment, reader);
                break;
            }
        }
        requireAllEntries();
    }

    private DamagedLogException missing(long sequence) {
        return new DamagedLogException("the log is damaged: " + disk + "/" + Segment.name(sequence)
                + " is missing, there are others behind or announcing it");
    }

    /** The very first segment is created durably before anything else is written. */
    private static boolean wasBeingFounded(Segment segment, SegmentReader reader) throws IOException {
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

    /** Returns whether the segment's end was found; how far it could be read is in its {@code bytes}. */
    private boolean replay(Segment segment, SegmentReader reader) throws IOException {
        LogRecord.Header beginning = reader.at(0);
        if (beginning == null
                || beginning.type() != RecordType.SEGMENT
                || beginning.index() != segment.sequence
                || beginning.group() != Segment.VERSION) {
            throw damaged(
                    segment, 0, "the record that begins segment " + segment.sequence + " in format " + Segment.VERSION);
        }
        int states = ByteBuffer.wrap(reader.payload(0, beginning)).getInt();
        int offset = beginning.bytes();
        for (; states > 0; states--) {
            LogRecord.Header state = reader.at(offset);
            if (state == null || state.type() != RecordType.GROUP) {
                throw damaged(segment, offset, "the state of " + states + " more groups");
            }
            begin(
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
        segments.written(segment, offset);
        return header != null;
    }

    /**
     * What the segments before this one add up to: to be believed of the first segment, to be found right of the
     * others.
     */
    private void begin(Segment segment, int offset, LogRecord.Header state, long next) {
        GroupIndex group = group(segment, offset, state.group());
        if (segment == segments.oldest()) {
            group.begin(state.index(), next);
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
                segments.live(location);
            }
            case COPY, MARKED_COPY -> {
                if (!group.holds(index)) {
                    throw damaged(
                            segment,
                            offset,
                            "a copy of an entry that group " + header.group() + " has, not of " + index);
                }
                segments.dead(group.location(index));
                group.moved(index, location, header.type().isMarked());
                segments.live(location);
            }
            case TRUNCATE_PREFIX -> group.truncatePrefix(index, segments::dead);
            case TRUNCATE_SUFFIX -> group.truncateSuffix(index, segments::dead);
            case RESET -> group.reset(index, segments::dead);
            case SEGMENT, GROUP, SEAL -> throw damaged(segment, offset, "anything but " + header.type() + " here");
        }
    }

    /**
     * Cuts off what the last write left unfinished, and makes the rest durable: if only the process died, it may not be
     * yet.
     */
    private void cutTail(Segment segment, SegmentReader reader) throws IOException {
        int end = (int) segment.bytes;
        if (reader.wasForced(end)) {
            throw damaged(segment, end, "a record: what stands behind it was written later");
        }
        if (reader.hasTraces(end)) {
            LOG.warn(
                    "log-tail-cut file={}/{} offset={} bytes={} reason=\"the last write was not finished\"",
                    disk,
                    segment.name(),
                    end,
                    reader.size() - end);
        }
        int count = segments.count();
        if (count > 1) {
            segments.all().get(count - 2).file.force(); // the seal may have been read from memory only
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
