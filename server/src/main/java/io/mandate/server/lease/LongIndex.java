package io.mandate.server.lease;

import java.util.Arrays;

/**
 * A map from a lease's id to its slot: open addressing with linear probing, deletion by shifting back (Knuth, TAOCP
 * vol. 3, 6.4, algorithm R). It stores only slots and reads the id at a slot, so that an entry takes 6 to 11 bytes
 * instead of the 60 of a boxed map. Not thread-safe.
 */
final class LongIndex {
    private static final int NONE = -1;
    private static final int SIZE_FIRST = 64;

    /** Returns the id stored at a slot. */
    interface Ids {
        long at(int slot);
    }

    private final Ids ids;
    private int[] table = empty(SIZE_FIRST);
    private int size;

    LongIndex(Ids ids) {
        this.ids = ids;
    }

    private static int[] empty(int length) {
        int[] table = new int[length];
        Arrays.fill(table, NONE);
        return table;
    }

    void clear() {
        table = empty(SIZE_FIRST);
        size = 0;
    }

    int size() {
        return size;
    }

    /** The slot of {@code id}, -1 if it has none. */
    int slotOf(long id) {
        return table[positionOf(id)];
    }

    /** Adds the id at {@code slot}, which is not in the index. */
    void add(int slot) {
        if (3 * (size + 1) > 2 * table.length) {
            grow();
        }
        table[positionOf(ids.at(slot))] = slot;
        size++;
    }

    /** Removes an id that is in the index; it must still be stored at its slot. */
    void remove(long id) {
        int mask = table.length - 1;
        int hole = positionOf(id);
        for (int next = (hole + 1) & mask; table[next] != NONE; next = (next + 1) & mask) {
            int home = home(ids.at(table[next]), mask);
            // The entry at "next" may fill the hole unless its home is between the hole and its own position.
            if (((next - home) & mask) >= ((next - hole) & mask)) {
                table[hole] = table[next];
                hole = next;
            }
        }
        table[hole] = NONE;
        size--;
    }

    /** The position of {@code id}, or the free position where it would be added. */
    private int positionOf(long id) {
        int mask = table.length - 1;
        int position = home(id, mask);
        while (table[position] != NONE && ids.at(table[position]) != id) {
            position = (position + 1) & mask;
        }
        return position;
    }

    private static int home(long id, int mask) {
        long mixed = id * 0x9E3779B97F4A7C15L; // ids may be consecutive or share their low bits
        return (int) (mixed >>> 32) & mask;
    }

    private void grow() {
        int[] before = table;
        table = empty(Math.multiplyExact(before.length, 2));
        for (int slot : before) {
            if (slot != NONE) {
                table[positionOf(ids.at(slot))] = slot;
            }
        }
    }
}
