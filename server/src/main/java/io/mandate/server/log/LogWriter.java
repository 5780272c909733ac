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
 * Writes batches, rolls segments and deletes old ones. Used by one thread at a time, which does not hold the lock
 * during disk I/O.
 *
 * <p>Files are deleted in order, so that a gap among them is always damage. An idle group would keep the file with its
 * entries, and all later ones, for ever. Therefore, when there are more files than {@code segmentsMax} and most of
 * their bytes are dead, the live entries of the oldest file are copied to the end, some with each batch, and the file
 * is deleted. As this requires more than half to be dead, no more is copied than is freed (Rosenblum and Ousterhout,
 * "The Design and Implementation of a Log-Structured File System", 1992, §3).
 */
final class LogWriter {
    private static final Logger LOG = LoggerFactory.getLogger(LogWriter.class);

    /** The bytes copied with one batch: a few milliseconds of disk time, by which the batch is delayed. */
    private static final int COPY_BYTES_PER_BATCH = 1 << 20;

    private final LogDisk disk;
    private final SegmentLogOptions options;
    private final ReentrantLock lock;
    private final GroupIndex[] groups;
    private final Segments segments;
    private final SegmentWriter active;
    private final LogRecord format;

    /** The records that were written and not forced; they are not in the indexes yet. */
    private final List<UnforcedRecord> unforced = new ArrayList<>();

    /** The position of the search for entries to copy. */
    private int copyGroup;

    private long copyIndex;

    private record UnforcedRecord(RecordType type, int group, long index, long location) {}

    /** Continues after the records that recovery found, or creates the log. */
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
            writeHead(first);
        } else {
            Segment newest = segments.all().get(segments.count() - 1);
            this.active = new SegmentWriter(options.segmentBytes(), disk.checksum(), newest, (int) newest.bytes);
        }
        deleteDead();
    }

    /** Returns when the batch is on the disk and in the indexes. */
    void write(List<PendingWrite> batch) throws IOException {
        for (PendingWrite pending : batch) {
            for (int i = 0; i < pending.payloads.size(); i++) {
                put(pending.type(i), pending.group, pending.index + i, pending.payloads.get(i));
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
        unforced.add(new UnforcedRecord(type, group, index, active.put(type, group, index, payload)));
    }

    private void force() throws IOException {
        active.force();
        lock.lock();
        try {
            segments.setEnd(active.segment(), active.position());
            unforced.forEach(this::apply);
        } finally {
            lock.unlock();
        }
        unforced.clear();
    }

    private void apply(UnforcedRecord record) {
        GroupIndex group = groups[record.group()];
        switch (record.type()) {
            case ENTRY, MARKED_ENTRY -> {
                group.append(record.location(), record.type().isMarked());
                segments.markLive(record.location());
            }
            case COPY, MARKED_COPY -> {
                segments.markDead(group.location(record.index()));
                group.relocate(record.index(), record.location(), record.type().isMarked());
                segments.markLive(record.location());
            }
            case TRUNCATE_PREFIX -> group.truncatePrefix(record.index(), segments::markDead);
            case TRUNCATE_SUFFIX -> group.truncateSuffix(record.index(), segments::markDead);
            case RESET -> group.reset(record.index(), segments::markDead);
            case SEGMENT, GROUP, SEAL -> throw new AssertionError(record.type());
        }
    }

    /**
     * Ends the segment and starts the next one. The new segment is durable before it is announced by the seal, and
     * announced before it is used, so that a missing segment is detected.
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
        writeHead(next);
        int newPosition = active.position();
        active.switchTo(full, end);
        active.put(RecordType.SEAL, 0, next.sequence, PendingWrite.NO_PAYLOAD);
        force();
        active.switchTo(next, newPosition);
    }

    /**
     * Writes the head of a segment durably: the state of the groups that results from the segments before it, which can
     * then be deleted.
     */
    private void writeHead(Segment segment) throws IOException {
        List<Integer> used = IntStream.range(0, groups.length)
                .filter(number -> groups[number].next() > 1)
                .boxed()
                .toList();
        active.switchTo(segment, 0);
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

    /** Each deletion is durable before the next one, so that files disappear in order. */
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
