package io.mandate.server.log;

import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.function.LongConsumer;

/** Where the entries of one group are: a ring of locations. Guarded by the log's lock. */
final class GroupIndex {
    /** A ring that is smaller is not worth giving back. */
    private static final int RING_MIN = 64;

    private long first = 1;
    private long next = 1;
    private long[] ring = new long[RING_MIN];
    private final TreeSet<Long> marked = new TreeSet<>();

    /** Whether an operation on the group is under way: there is one at a time. */
    boolean busy;

    long first() {
        return first;
    }

    /** The index of the entry to be appended next. */
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

    /** An entry that is known has moved. */
    void moved(long index, long location, boolean mark) {
        ring[slot(index)] = location;
        if (mark) {
            marked.add(index);
        }
    }

    /** Drops the entries in front of one; if that is beyond all there are, it becomes the next. */
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

    /** Drops the entries behind one. */
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

    /** What the segments that are gone added up to; where the entries are is not known yet. */
    void begin(long firstIndex, long nextIndex) {
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
