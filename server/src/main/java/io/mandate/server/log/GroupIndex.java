package io.mandate.server.log;

import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.function.LongConsumer;

/** The locations of one group's entries, in a ring. Guarded by the log's lock. */
final class GroupIndex {
    /** The smallest ring; it is not shrunk further. */
    private static final int RING_MIN = 64;

    private long first = 1;
    private long next = 1;
    private long[] ring = new long[RING_MIN];
    private final TreeSet<Long> marked = new TreeSet<>();

    /** Whether an operation on the group is in progress: there is at most one. */
    boolean busy;

    long first() {
        return first;
    }

    /** The index of the next entry to append. */
    long next() {
        return next;
    }

    boolean holds(long index) {
        return index >= first && index < next;
    }

    long location(long index) {
        return ring[slot(index)];
    }

    List<Long> marked() {
        return List.copyOf(marked);
    }

    boolean isMarked(long index) {
        return marked.contains(index);
    }

    private int slot(long index) {
        return (int) (index & (ring.length - 1));
    }

    void append(long location, boolean mark) {
        if (next - first == ring.length) {
            resize(2 * ring.length);
        }
        if (mark) {
            marked.add(next);
        }
        ring[slot(next)] = location;
        next++;
    }

    /** Updates the location of an entry that was copied. */
    void relocate(long index, long location, boolean mark) {
        ring[slot(index)] = location;
        if (mark) {
            marked.add(index);
        }
    }

    /** Drops the entries before {@code firstKept}; if that is beyond the last one, it becomes the next index. */
    void truncatePrefix(long firstKept, LongConsumer dropped) {
        if (firstKept >= next) {
            reset(firstKept, dropped);
            return;
        }
        for (; first < firstKept; first++) {
            dropped.accept(location(first));
        }
        marked.headSet(first).clear();
        shrink();
    }

    /** Drops the entries after {@code lastKept}. */
    void truncateSuffix(long lastKept, LongConsumer dropped) {
        for (; next > Math.max(first, lastKept + 1); next--) {
            dropped.accept(location(next - 1));
        }
        marked.tailSet(next).clear();
        if (lastKept + 1 < next) {
            next = lastKept + 1;
            first = next;
        }
        shrink();
    }

    void reset(long nextIndex, LongConsumer dropped) {
        for (; first < next; first++) {
            dropped.accept(location(first));
        }
        first = nextIndex;
        next = nextIndex;
        marked.clear();
        shrink();
    }

    /** Sets the indexes that the deleted segments result in; the locations of the entries are unknown yet. */
    void restore(long firstIndex, long nextIndex) {
        first = firstIndex;
        next = firstIndex;
        while (next < nextIndex) {
            append(Location.NONE, false);
        }
    }

    private void shrink() {
        int size = (int) (next - first);
        if (ring.length > RING_MIN && size < ring.length / 8) {
            resize(Math.max(RING_MIN, Integer.highestOneBit(Math.max(1, size)) * 4));
        }
    }

    private void resize(int length) {
        long[] old = ring;
        long[] resized = new long[length];
        Arrays.fill(resized, Location.NONE);
        for (long index = first; index < next; index++) {
            resized[(int) (index & (length - 1))] = old[(int) (index & (old.length - 1))];
        }
        ring = resized;
    }
}
