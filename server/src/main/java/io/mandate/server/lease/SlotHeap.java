package io.mandate.server.lease;

import java.util.Arrays;

/**
 * A binary min-heap of slots by time that tracks each slot's position, so that any slot can be removed. Times and slots
 * are in arrays; 16 bytes a slot. Not thread-safe.
 */
final class SlotHeap {
    private static final int ABSENT = -1;
    private static final int SIZE_FIRST = 64;

    private long[] times = new long[SIZE_FIRST];
    private int[] slots = new int[SIZE_FIRST];
    private int[] positions = absent(SIZE_FIRST);
    private int size;

    private static int[] absent(int length) {
        int[] positions = new int[length];
        Arrays.fill(positions, ABSENT);
        return positions;
    }

    void clear() {
        times = new long[SIZE_FIRST];
        slots = new int[SIZE_FIRST];
        positions = absent(SIZE_FIRST);
        size = 0;
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** The slot with the earliest time. */
    int first() {
        return slots[0];
    }

    long firstTime() {
        return times[0];
    }

    boolean contains(int slot) {
        return slot < positions.length && positions[slot] != ABSENT;
    }

    /** Adds a slot that is not in the heap. */
    void add(int slot, long time) {
        if (size == slots.length) {
            times = Arrays.copyOf(times, grown(size));
            slots = Arrays.copyOf(slots, grown(size));
        }
        if (slot >= positions.length) {
            int before = positions.length;
            positions = Arrays.copyOf(positions, grown(slot));
            Arrays.fill(positions, before, positions.length, ABSENT);
        }
        siftUp(size++, slot, time);
    }

    /** Moves the first slot to a later time. */
    void postponeFirst(long time) {
        siftDown(0, slots[0], time);
    }

    /** Removes a slot; no effect if it is not in the heap. */
    void remove(int slot) {
        if (!contains(slot)) {
            return;
        }
        int hole = positions[slot];
        positions[slot] = ABSENT;
        size--;
        if (hole == size) {
            return;
        }
        int last = slots[size];
        long time = times[size];
        if (hole > 0 && times[(hole - 1) >> 1] > time) {
            siftUp(hole, last, time);
        } else {
            siftDown(hole, last, time);
        }
    }

    static int grown(int size) {
        return size + (size >> 3) + SIZE_FIRST;
    }

    private void siftUp(int hole, int slot, long time) {
        int at = hole;
        while (at > 0 && times[(at - 1) >> 1] > time) {
            int parent = (at - 1) >> 1;
            place(at, slots[parent], times[parent]);
            at = parent;
        }
        place(at, slot, time);
    }

    private void siftDown(int hole, int slot, long time) {
        int at = hole;
        for (int child = 2 * at + 1; child < size; child = 2 * at + 1) {
            if (child + 1 < size && times[child + 1] < times[child]) {
                child++;
            }
            if (times[child] >= time) {
                break;
            }
            place(at, slots[child], times[child]);
            at = child;
        }
        place(at, slot, time);
    }

    private void place(int at, int slot, long time) {
        times[at] = time;
        slots[at] = slot;
        positions[slot] = at;
    }
}
