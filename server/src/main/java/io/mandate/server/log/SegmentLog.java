package io.mandate.server.log;

import io.mandate.server.meter.Histogram;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One log for many groups. Each group has entries with consecutive indexes, from 1 at first; entries are appended at
 * the end, and dropped from the start or the end. Every change is on the disk when its call returns.
 *
 * <p>Thread-safe. Changes of one group must not overlap; those of different groups should, as they then share writes
 * and forces. The log has no thread of its own: a caller that finds no write in progress executes all pending writes
 * including its own, and then wakes the first caller that arrived meanwhile to execute the next batch (group commit;
 * DeWitt et al., "Implementation Techniques for Main Memory Database Systems", 1984). So a single group never waits for
 * another thread.
 *
 * <p>{@link RecordType} and {@link LogRecord} describe the files, {@link Recovery} the treatment of unfinished and
 * damaged ones. The oldest file is deleted when it has no live entry; see {@link LogWriter}. The caller of
 * {@link #open} must ensure that the log is opened once.
 *
 * <p>After a write or a force has failed, every change is refused with {@link FailedLogException}.
 */
public final class SegmentLog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SegmentLog.class);

    private final LogDisk disk;
    private final SegmentLogOptions options;
    private final GroupIndex[] groups;
    private final Segments segments = new Segments();
    private final ReentrantLock lock = new ReentrantLock();
    private final LogWriter writer;

    /** At most one of each group. */
    private final ArrayDeque<PendingWrite> pending = new ArrayDeque<>();

    private final Condition idle = lock.newCondition();
    private boolean writing;
    private boolean closed;
    private @Nullable FailedLogException failure;

    /**
     * Opens the log in a directory.
     *
     * @throws DamagedLogException if the log is damaged, or does not exist and the options do not allow to create it
     * @throws UncheckedIOException if it cannot be read
     */
    public static SegmentLog open(Path directory, SegmentLogOptions options) {
        return open(directory, options, forceDurations());
    }

    /**
     * As {@link #open(Path, SegmentLogOptions)}.
     *
     * @param forces records the durations of forces of the files, in seconds, see {@link #forceDurations}
     */
    public static SegmentLog open(Path directory, SegmentLogOptions options, Histogram forces) {
        try {
            return new SegmentLog(DirectoryDisk.at(directory, forces), options);
        } catch (IOException failed) {
            throw new UncheckedIOException(
                    "cannot open the log in " + directory + ": " + DiskFault.reason(failed), failed);
        }
    }

    /** Creates a histogram of forces with etcd's buckets: from 1 ms, each twice the one before. */
    public static Histogram forceDurations() {
        return Histogram.exponential(0.001, 2, 14);
    }

    SegmentLog(LogDisk disk, SegmentLogOptions options) throws IOException {
        this.disk = disk;
        this.options = options;
        this.groups = new GroupIndex[options.groups()];
        Arrays.setAll(groups, number -> new GroupIndex());
        try {
            new Recovery(disk, options.create(), groups, segments).run();
            if (segments.count() == 0 && !options.create()) {
                throw new DamagedLogException("the log in " + disk + " does not exist");
            }
            this.writer = new LogWriter(disk, options, lock, groups, segments);
        } catch (IOException | RuntimeException failed) {
            closeFiles();
            throw failed;
        }
    }

    /** Appends unmarked entries. See {@link #append(int, long, List, BitSet)}. */
    public void append(int group, long firstIndex, List<byte[]> entries) {
        append(group, firstIndex, entries, new BitSet());
    }

    /**
     * Appends entries.
     *
     * @param firstIndex the index of the first entry: one more than the group's last
     * @param entries of at most {@link SegmentLogOptions#entryBytesMax} bytes each; must not be changed until this
     *     returns
     * @param marked the entries, counted from 0, that {@link #marked} returns
     */
    public void append(int group, long firstIndex, List<byte[]> entries, BitSet marked) {
        for (byte[] entry : entries) {
            if (entry.length > options.entryBytesMax()) {
                throw new IllegalArgumentException("an entry of " + entry.length + " bytes for group " + group
                        + ": the log accepts up to " + options.entryBytesMax() + " bytes");
            }
        }
        if (!entries.isEmpty()) {
            execute(new PendingWrite(RecordType.ENTRY, group, firstIndex, entries, marked, lock.newCondition()));
        }
    }

    /**
     * Drops the entries before {@code firstKept}. If that is beyond the last one, the group becomes empty and continues
     * with that index.
     */
    public void truncatePrefix(int group, long firstKept) {
        if (firstKept > firstIndex(group)) {
            execute(change(RecordType.TRUNCATE_PREFIX, group, firstKept));
        }
    }

    /** Drops the entries after {@code lastKept}. */
    public void truncateSuffix(int group, long lastKept) {
        if (lastKept < lastIndex(group)) {
            execute(change(RecordType.TRUNCATE_SUFFIX, group, lastKept));
        }
    }

    /** Drops all entries of a group, which continues with {@code nextIndex}. */
    public void reset(int group, long nextIndex) {
        execute(change(RecordType.RESET, group, nextIndex));
    }

    private PendingWrite change(RecordType type, int group, long index) {
        return new PendingWrite(
                type, group, index, List.of(PendingWrite.NO_PAYLOAD), new BitSet(), lock.newCondition());
    }

    /** The index of the first entry, or of the next one if there is none. */
    public long firstIndex(int group) {
        lock.lock();
        try {
            return group(group).first();
        } finally {
            lock.unlock();
        }
    }

    /** The index of the last entry; less than the first if there is none. */
    public long lastIndex(int group) {
        lock.lock();
        try {
            return group(group).next() - 1;
        } finally {
            lock.unlock();
        }
    }

    /** The indexes of the marked entries, in order. */
    public List<Long> marked(int group) {
        lock.lock();
        try {
            return group(group).marked();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Reads an entry; empty if the group does not have this index.
     *
     * @throws DamagedLogException if the entry on the disk is damaged
     */
    public Optional<byte[]> read(int group, long index) {
        long location;
        Segment segment;
        lock.lock();
        try {
            if (!group(group).holds(index)) {
                return Optional.empty();
            }
            location = groups[group].location(index);
            segment = segments.at(location);
        } finally {
            lock.unlock();
        }
        try {
            return Optional.of(new LogRecord(disk.checksum()).read(disk, segment, location, group, index));
        } catch (IOException | DamagedLogException failed) {
            if (location(group, index) != location) { // was dropped or copied meanwhile, and its file deleted
                return read(group, index);
            }
            throw failed instanceof DamagedLogException damaged
                    ? damaged
                    : new UncheckedIOException(
                            "cannot read " + disk + "/" + segment.name() + ": " + DiskFault.reason(failed),
                            (IOException) failed);
        }
    }

    private long location(int group, long index) {
        lock.lock();
        try {
            return groups[group].holds(index) ? groups[group].location(index) : Location.NONE;
        } finally {
            lock.unlock();
        }
    }

    private GroupIndex group(int group) {
        if (group < 0 || group >= groups.length) {
            throw new IllegalArgumentException("group " + group + ": the groups are 0 to " + (groups.length - 1));
        }
        return groups[group];
    }

    /** Returns when the write is on the disk; may execute the pending writes of other threads with it. */
    private void execute(PendingWrite write) {
        GroupIndex group = group(write.group);
        List<PendingWrite> batch = List.of();
        lock.lock();
        try {
            requireOpen();
            requireValid(write, group);
            group.busy = true;
            pending.add(write);
            while (writing && !write.done && failure == null) {
                write.wakeup.awaitUninterruptibly();
            }
            if (!write.done && failure == null) {
                batch = List.copyOf(pending);
                pending.clear();
                writing = true;
            }
        } finally {
            lock.unlock();
        }
        if (!batch.isEmpty()) {
            write(batch);
        }
        lock.lock();
        try {
            group.busy = false;
            if (!write.done) {
                requireOpen();
            }
        } finally {
            lock.unlock();
        }
    }

    private void requireValid(PendingWrite write, GroupIndex group) {
        if (group.busy) {
            throw new IllegalStateException(
                    "two changes of group " + write.group + " overlap: changes of a group must not be concurrent");
        }
        if (write.type == RecordType.ENTRY && write.index != group.next()) {
            throw new IllegalArgumentException(
                    "entry " + write.index + " for group " + write.group + ", whose next index is " + group.next());
        }
        if (write.index < (write.type == RecordType.TRUNCATE_SUFFIX ? 0 : 1)) {
            throw new IllegalArgumentException(write.type + " " + write.index + ": indexes start at 1");
        }
    }

    private void requireOpen() {
        if (failure != null) {
            throw failure;
        }
        if (closed) {
            throw new IllegalStateException("the log in " + disk + " is closed");
        }
    }

    /** Executes a batch and marks its writes as done. */
    private void write(List<PendingWrite> batch) {
        boolean interrupted = Thread.interrupted(); // an interrupt would close the file for all threads
        Throwable failed = null;
        try {
            writer.write(batch);
        } catch (IOException | RuntimeException | Error cause) {
            failed = cause;
        }
        lock.lock();
        try {
            writing = false;
            if (failed == null) {
                batch.forEach(write -> write.done = true);
            } else {
                failure = new FailedLogException(disk, failed);
                logFailure(failed);
                pending.forEach(write -> write.wakeup.signal());
                pending.clear();
            }
            batch.forEach(write -> write.wakeup.signal());
            PendingWrite next = pending.peek();
            if (next == null) {
                idle.signalAll();
            } else {
                next.wakeup.signal();
            }
        } finally {
            lock.unlock();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** The stack trace is logged for a bug, but not for a disk error. */
    private void logFailure(Throwable failed) {
        if (failed instanceof IOException) {
            LOG.error("log-failed directory={} cause=\"{}\"", disk, DiskFault.reason(failed));
            LOG.debug("log-failed directory={}", disk, failed);
        } else {
            LOG.error("log-failed directory={}", disk, failed);
        }
    }

    /** The size of the log's files, in bytes. */
    public long bytes() {
        lock.lock();
        try {
            return segments.bytes();
        } finally {
            lock.unlock();
        }
    }

    /** Refuses further changes, waits for those in progress and closes the files. Idempotent. */
    @Override
    public void close() {
        lock.lock();
        try {
            if (!closed) {
                closed = true;
                while (writing || !pending.isEmpty()) {
                    idle.awaitUninterruptibly();
                }
                closeFiles();
            }
        } finally {
            lock.unlock();
        }
    }

    private void closeFiles() {
        for (Segment segment : segments.all()) {
            try {
                segment.file.close();
            } catch (IOException failed) {
                LOG.warn("log-not-closed file={}/{} cause=\"{}\"", disk, segment.name(), failed.getMessage());
            }
        }
    }
}
