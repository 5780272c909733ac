package io.mandate.server.lease;

import java.util.Arrays;

/**
 * Slots in the order of a time each: a binary heap that knows where each slot stands, so that one in the middle can be
 * taken out. Times and slots lie in arrays; 16 bytes a slot. Not thread-safe.
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

    /** The slot whose time is first. */
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
        up(size++, slot, time);
    }

    /** Gives the first slot a later time. */
    void postponeFirst(long time) {
        down(0, slots[0], time);
    }

    /** Takes a slot out; nothing happens if it is not in the heap. */
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
            up(hole, last, time);
        } else {
            down(hole, last, time);
        }
    }

    static int grown(int size) {
        return size + (size >> 3) + SIZE_FIRST;
    }

    private void up(int hole, int slot, long time) {
        int at = hole;
        while (at > 0 && times[(at - 1) >> 1] > time) {
            int parent = (at - 1) >> 1;
            place(at, slots[parent], times[parent]);
            at = parent;
        }
        place(at, slot, time);
    }

    private void down(int hole, int slot, long time) {
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
