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
 * One log for many groups. Each group has entries with consecutive indexes, from 1 at first; entries are appended
 * behind the last, and dropped from the front or the back. Every change is on the disk when its call returns.
 *
 * <p>Thread-safe. Calls that change one group must come one after the other; those for different groups are meant to
 * come at the same time: they share writes and forces. There is no thread for it: whoever finds nobody writing carries
 * out all that waits, its own among it, and wakes the first of those that came meanwhile to carry out the next batch
 * (group commit; DeWitt et al., "Implementation Techniques for Main Memory Database Systems", 1984). A group alone
 * waits for no other thread this way.
 *
 * <p>The files are described at {@link RecordType} and {@link LogRecord}, what is done about unfinished and damaged
 * ones at {@link Recovery}. The oldest file is deleted when nothing in it lives; see {@link LogWriter}. Whoever opens a
 * log must make sure that nobody else has it open.
 *
 * <p>After a write or a force has failed, everything is refused for ever with {@link FailedLogException}.
 */
public final class SegmentLog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SegmentLog.class);

    private final LogDisk disk;
    private final SegmentLogOptions options;
    private final GroupIndex[] groups;
    private final Segments segments = new Segments();
    private final ReentrantLock lock = new ReentrantLock();
    private final LogWriter writer;

    /** At most one for each group. */
    private final ArrayDeque<PendingWrite> waiting = new ArrayDeque<>();

    private final Condition idle = lock.newCondition();
    private boolean writing;
    private boolean closed;
    private @Nullable FailedLogException failure;

    /**
     * Opens the log in a directory.
     *
     * @throws DamagedLogException if it is not as it was left, or there is none and the options do not allow to found
     *     one
     * @throws UncheckedIOException if it cannot be read
     */
    public static SegmentLog open(Path directory, SegmentLogOptions options) {
        return open(directory, options, forceDurations());
    }

    /**
     * As {@link #open(Path, SegmentLogOptions)}.
     *
     * @param forces how long forces of its files take, in seconds, see {@link #forceDurations}
     */
    public static SegmentLog open(Path directory, SegmentLogOptions options, Histogram forces) {
        try {
            return new SegmentLog(DirectoryDisk.at(directory, forces), options);
        } catch (IOException failed) {
            throw new UncheckedIOException(
                    "cannot open the log in " + directory + ": " + DiskFault.reason(failed), failed);
        }
    }

    /** An empty histogram of forces with etcd's buckets: from 1 ms, each twice the one before. */
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
                throw new DamagedLogException("the log in " + disk + " is gone");
            }
            this.writer = new LogWriter(disk, options, lock, groups, segments);
        } catch (IOException | RuntimeException failed) {
            closeFiles();
            throw failed;
        }
    }

    /** Appends entries; none of them is marked. See {@link #append(int, long, List, BitSet)}. */
    public void append(int group, long firstIndex, List<byte[]> entries) {
        append(group, firstIndex, entries, new BitSet());
    }

    /**
     * Appends entries.
     *
     * @param firstIndex the index of the first of them: one more than the group's last
     * @param entries each of at most {@link SegmentLogOptions#entryBytesMax} bytes; not to be changed before this
     *     returns
     * @param marked which of them, counted from 0, {@link #marked} shall name
     */
    public void append(int group, long firstIndex, List<byte[]> entries, BitSet marked) {
        for (byte[] entry : entries) {
            if (entry.length > options.entryBytesMax()) {
                throw new IllegalArgumentException("an entry of " + entry.length + " bytes for group " + group
                        + ": the log takes up to " + options.entryBytesMax() + "; write less at a time");
            }
        }
        if (!entries.isEmpty()) {
            carryOut(new PendingWrite(RecordType.ENTRY, group, firstIndex, entries, marked, lock.newCondition()));
        }
    }

    /** Drops the entries in front of one. If that is beyond the last, the group is empty, and goes on with it. */
    public void truncatePrefix(int group, long firstKept) {
        if (firstKept > firstIndex(group)) {
            carryOut(change(RecordType.TRUNCATE_PREFIX, group, firstKept));
        }
    }

    /** Drops the entries behind one. */
    public void truncateSuffix(int group, long lastKept) {
        if (lastKept < lastIndex(group)) {
            carryOut(change(RecordType.TRUNCATE_SUFFIX, group, lastKept));
        }
    }

    /** Drops all entries of a group, which goes on at an index. */
    public void reset(int group, long nextIndex) {
        carryOut(change(RecordType.RESET, group, nextIndex));
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
     * An entry; empty if the group has none of that index.
     *
     * @throws DamagedLogException if it is not what was written
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
            if (location(group, index) != location) { // dropped or moved meanwhile, and its file deleted
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
            throw new IllegalArgumentException("group " + group + ": there are " + groups.length + ", from 0 on");
        }
        return groups[group];
    }

    /** Returns when the operation is on the disk; may carry out others' with it. */
    private void carryOut(PendingWrite operation) {
        GroupIndex group = group(operation.group);
        List<PendingWrite> batch = List.of();
        lock.lock();
        try {
            requireUsable();
            requirePossible(operation, group);
            group.busy = true;
            waiting.add(operation);
            while (writing && !operation.done && failure == null) {
                operation.turn.awaitUninterruptibly();
            }
            if (!operation.done && failure == null) {
                batch = List.copyOf(waiting);
                waiting.clear();
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
            if (!operation.done) {
                requireUsable();
            }
        } finally {
            lock.unlock();
        }
    }

    private void requirePossible(PendingWrite operation, GroupIndex group) {
        if (group.busy) {
            throw new IllegalStateException(
                    "two changes of group " + operation.group + " at a time: they must come one after the other");
        }
        if (operation.type == RecordType.ENTRY && operation.index != group.next()) {
            throw new IllegalArgumentException("entry " + operation.index + " for group " + operation.group
                    + ", whose next is " + group.next() + ": drop or reset first");
        }
        if (operation.index < (operation.type == RecordType.TRUNCATE_SUFFIX ? 0 : 1)) {
            throw new IllegalArgumentException(operation.type + " " + operation.index + ": indexes are from 1");
        }
    }

    private void requireUsable() {
        if (failure != null) {
            throw failure;
        }
        if (closed) {
            throw new IllegalStateException("the log in " + disk + " is closed");
        }
    }

    /** Carries out a batch; what was done of it is marked so. */
    private void write(List<PendingWrite> batch) {
        boolean interrupted = Thread.interrupted(); // it would close the file for everybody
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
                batch.forEach(operation -> operation.done = true);
            } else {
                failure = new FailedLogException(disk, failed);
                report(failed);
                waiting.forEach(operation -> operation.turn.signal());
                waiting.clear();
            }
            batch.forEach(operation -> operation.turn.signal());
            PendingWrite next = waiting.peek();
            if (next == null) {
                idle.signalAll();
            } else {
                next.turn.signal();
            }
        } finally {
            lock.unlock();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** The way to a bug is of use to whoever reads of it; the way to a full disk is not. */
    private void report(Throwable failed) {
        if (failed instanceof IOException) {
            LOG.error("log-failed directory={} cause=\"{}\"", disk, DiskFault.reason(failed));
            LOG.debug("log-failed directory={}", disk, failed);
        } else {
            LOG.error("log-failed directory={}", disk, failed);
        }
    }

    /** How many bytes the log's files hold. */
    public long bytes() {
        lock.lock();
        try {
            return segments.bytes();
        } finally {
            lock.unlock();
        }
    }

    /** Refuses what comes from now on, finishes what is under way and closes the files. */
    @Override
    public void close() {
        lock.lock();
        try {
            if (!closed) {
                closed = true;
                while (writing || !waiting.isEmpty()) {
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
