package io.mandate.keyspace.index;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Every change since the last compaction, in the order made: appended to at the end, trimmed from the front. Entries
 * have positions that count from the beginning of time and never change.
 *
 * <p>One writer; readers take a {@link #positionOf position} and walk on with {@link #at}. An entry that is not yet
 * published is recognised by its revision; an entry that was trimmed meanwhile reads as null, and
 * {@code State.cutRevision()} shows that afterwards.
 */
public final class History {
    /** Entries per segment: 16 KiB of references, freed as one. */
    private static final int SEGMENT_ENTRIES = 4096;

    /**
     * Segments {@code firstPosition / SEGMENT_ENTRIES} and on; a new one replaces it when the outer array grows or
     * moves.
     */
    private static final class Segments {
        final long firstSegment;
        final @Nullable Version[] @Nullable [] arrays;

        Segments(long firstSegment, @Nullable Version[] @Nullable [] arrays) {
            this.firstSegment = firstSegment;
            this.arrays = arrays;
        }
    }

    private volatile Segments segments = new Segments(0, new Version[0][]);
    private volatile long first;
    private volatile long end;

    /** Writer only. The entry is seen by readers when the revision it belongs to is. */
    public void append(Version version) {
        long position = end;
        int slot = (int) (position % SEGMENT_ENTRIES);
        if (slot == 0) {
            addSegment(position / SEGMENT_ENTRIES);
        }
        Segments current = segments;
        current.arrays[(int) (position / SEGMENT_ENTRIES - current.firstSegment)][slot] = version;
        end = position + 1;
    }

    /** The first position that holds something, or {@link #end()}. */
    public long first() {
        return first;
    }

    long end() {
        return end;
    }

    /** The entry at {@code position}; null if it was trimmed or does not exist yet. */
    @Nullable
    public Version at(long position) {
        Segments current = segments;
        long segment = position / SEGMENT_ENTRIES - current.firstSegment;
        if (segment < 0 || segment >= current.arrays.length) {
            return null;
        }
        Version[] array = current.arrays[(int) segment];
        return array == null ? null : array[(int) (position % SEGMENT_ENTRIES)];
    }

    /** The position of the first entry whose revision is {@code revision} or later. */
    public long positionOf(long revision) {
        long low = first;
        long high = end;
        while (low < high) {
            long middle = (low + high) >>> 1;
            Version version = at(middle);
            // Null was trimmed while we searched, so it is older than anything still asked for.
            if (version == null || version.modRevision() < revision) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** Forgets the first entry. Writer only. */
    public void dropFirst() {
        long position = first;
        Segments current = segments;
        int slot = (int) (position % SEGMENT_ENTRIES);
        int segment = (int) (position / SEGMENT_ENTRIES - current.firstSegment);
        current.arrays[segment][slot] = null;
        first = position + 1;
        if (slot == SEGMENT_ENTRIES - 1) {
            segments = new Segments(
                    current.firstSegment + segment + 1,
                    Arrays.copyOfRange(current.arrays, segment + 1, Math.max(segment + 1, current.arrays.length)));
        }
    }

    private void addSegment(long segment) {
        Segments current = segments;
        int index = (int) (segment - current.firstSegment);
        @Nullable Version[][] arrays = current.arrays;
        if (index >= arrays.length) {
            arrays = Arrays.copyOf(arrays, Math.max(4, arrays.length + (arrays.length >> 1)));
        }
        arrays[index] = new Version[SEGMENT_ENTRIES];
        segments = new Segments(current.firstSegment, arrays);
    }
}
