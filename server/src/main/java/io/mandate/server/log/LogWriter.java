package io.mandate.server.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes batches, begins new segments and gets rid of old ones. Used by one thread at a time, which does not hold the
 * lock while it is at the disk.
 *
 * <p>Files go from the front only, so that a gap among them is always damage. A group that is quiet would keep the file
 * with its entries, and all behind it, for ever: therefore, when there are more files than {@code segmentsMax} and most
 * of their bytes are dead, what lives in the oldest is written again at the end, a little with each batch, and the file
 * deleted. Because it is done only when more than half is dead, no more is copied than is freed (Rosenblum and
 * Ousterhout, "The Design and Implementation of a Log-Structured File System", 1992, §3).
 */
final class LogWriter {
    private static final Logger LOG = LoggerFactory.getLogger(LogWriter.class);

    /** What is copied with one batch: a few milliseconds of the disk's time, which the groups wait. */
    private static final int COPY_BYTES_PER_BATCH = 1 << 20;

    private final LogDisk disk;
    private final SegmentLogOptions options;
    private final ReentrantLock lock;
    private final GroupIndex[] groups;
    private final Segments segments;
    private final SegmentWriter active;
    private final LogRecord format;

    /** What has been written and not forced: it is not in the indexes yet. */
    private final List<Written> written = new ArrayList<>();

    /** Where the search for entries to copy goes on. */
    private int copyGroup;

    private long copyIndex;

    private record Written(RecordType type, int group, long index, long location) {}

    /** Goes on behind what recovery found, or founds the log. */
    LogWriter(LogDisk disk, SegmentLogOptions options, ReentrantLock lock, GroupIndex[] groups, Segments segments)
            throws IOException {
        this.disk = disk;
        this.options = options;
        this.lock = lock;
        this.groups = groups;
        this.segments = segments;
        this.format = new LogRecord(disk.checksum());
        if (segments.count() == 0) {
            Segment first = new Segment(1, disk.create(Segment.name(1)));
            segments.add(first);
            this.active = new SegmentWriter(options.segmentBytes(), disk.checksum(), first, 0);
            begin(first);
        } else {
            Segment newest = segments.all().get(segments.count() - 1);
            this.active = new SegmentWriter(options.segmentBytes(), disk.checksum(), newest, (int) newest.bytes);
        }
        deleteDead();
    }

    /** Returns when all of it is on the disk and in the indexes. */
    void write(List<PendingWrite> batch) throws IOException {
        for (PendingWrite operation : batch) {
            for (int place = 0; place < operation.payloads.size(); place++) {
                put(operation.type(place), operation.group, operation.index + place, operation.payloads.get(place));
            }
        }
        force();
        copyFromOldest();
        deleteDead();
    }

    private void put(RecordType type, int group, long index, byte[] payload) throws IOException {
        if (!active.hasRoom(payload.length)) {
            roll();
        }
        written.add(new Written(type, group, index, active.put(type, group, index, payload)));
    }

    private void force() throws IOException {
        active.force();
        lock.lock();
        try {
            segments.written(active.segment(), active.position());
            written.forEach(this::apply);
        } finally {
            lock.unlock();
        }
        written.clear();
    }

    private void apply(Written record) {
        GroupIndex group = groups[record.group()];
        switch (record.type()) {
            case ENTRY, MARKED_ENTRY -> {
                group.append(record.location(), record.type().isMarked());
                segments.live(record.location());
            }
            case COPY, MARKED_COPY -> {
                segments.dead(group.location(record.index()));
                group.moved(record.index(), record.location(), record.type().isMarked());
                segments.live(record.location());
            }
            case TRUNCATE_PREFIX -> group.truncatePrefix(record.index(), segments::dead);
            case TRUNCATE_SUFFIX -> group.truncateSuffix(record.index(), segments::dead);
            case RESET -> group.reset(record.index(), segments::dead);
            case SEGMENT, GROUP, SEAL -> throw new AssertionError(record.type());
        }
    }

    /**
     * Ends the segment and begins the next. That one is durable before it is announced, and announced before it is
     * used: so a missing one is noticed.
     */
    private void roll() throws IOException {
        force();
        Segment full = active.segment();
        int end = active.position();
        Segment next = new Segment(full.sequence + 1, disk.create(Segment.name(full.sequence + 1)));
        lock.lock();
        try {
            segments.add(next);
        } finally {
            lock.unlock();
        }
        begin(next);
        int begun = active.position();
        active.begin(full, end);
        active.put(RecordType.SEAL, 0, next.sequence, PendingWrite.NO_PAYLOAD);
        force();
        active.begin(next, begun);
    }

    /**
     * Writes, durably, what stands at the beginning of a segment: so much of what was before that the segments before
     * it need not be there.
     */
    private void begin(Segment segment) throws IOException {
        List<Integer> used = IntStream.range(0, groups.length)
                .filter(number -> groups[number].next() > 1)
                .boxed()
                .toList();
        active.begin(segment, 0);
        active.put(
                RecordType.SEGMENT,
                Segment.VERSION,
                segment.sequence,
                ByteBuffer.allocate(Integer.BYTES).putInt(used.size()).array());
        for (int number : used) {
            active.put(
                    RecordType.GROUP,
                    number,
                    groups[number].first(),
                    ByteBuffer.allocate(Long.BYTES)
                            .putLong(groups[number].next())
                            .array());
        }
        force();
        disk.force();
    }

    private void copyFromOldest() throws IOException {
        if (segments.count() <= options.segmentsMax() || !segments.isMostlyDead()) {
            return;
        }
        Segment oldest = segments.oldest();
        int copied = 0;
        for (; copyGroup < groups.length; copyGroup++, copyIndex = 0) {
            GroupIndex group = groups[copyGroup];
            for (copyIndex = Math.max(copyIndex, group.first()); copyIndex < group.next(); copyIndex++) {
                long location = group.location(copyIndex);
                if (segments.at(location) == oldest) {
                    if (copied >= COPY_BYTES_PER_BATCH) {
                        force();
                        return;
                    }
                    byte[] entry = format.read(disk, oldest, location, copyGroup, copyIndex);
                    RecordType type = group.isMarked(copyIndex) ? RecordType.MARKED_COPY : RecordType.COPY;
                    put(type, copyGroup, copyIndex, entry);
                    copied += Location.bytes(location);
                }
            }
        }
        force();
        copyGroup = 0;
        copyIndex = 0;
    }

    /** The name of each is gone for good before the next one's goes, so that they go in order. */
    private void deleteDead() throws IOException {
        while (segments.count() > 1 && segments.oldest().liveBytes == 0) {
            Segment dead = segments.oldest();
            lock.lock();
            try {
                segments.removeOldest();
            } finally {
                lock.unlock();
            }
            dead.file.close();
            disk.delete(dead.name());
            disk.force();
            LOG.debug("log-segment-deleted file={}/{}", disk, dead.name());
        }
    }
}
