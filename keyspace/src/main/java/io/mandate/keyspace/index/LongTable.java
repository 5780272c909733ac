package io.mandate.keyspace.index;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A map from numbers to entries that know their number, for one writer and any number of readers, of which a consistent
 * copy is taken at once however large it is.
 *
 * <p>Open addressing in {@value #SHARDS} shards, each growing by itself so that no insert ever waits for a million
 * entries to be moved. A {@linkplain #capture() capture} copies the references to the shards and starts a new
 * generation; a shard of an older generation is copied before it is changed. A million entries cost about 7 bytes each
 * beside the entries themselves, where a {@code ConcurrentHashMap} takes 55.
 */
public final class LongTable<E extends LongTable.Entry> {
    private static final int SHARD_BITS = 10;
    private static final int SHARDS = 1 << SHARD_BITS;
    private static final int SLOTS_MIN = 4;

    /** Something with a number. */
    public abstract static class Entry {
        private final long id;

        public Entry(long id) {
            this.id = id;
        }

        public final long id() {
            return id;
        }
    }

    /** Stands where an entry was removed, so that searches go on past it. */
    private static final Entry REMOVED = new Entry(0) {};

    private static final class Shard {
        final AtomicReferenceArray<@Nullable Entry> slots;
        final long generation;
        int live;
        int used;

        Shard(int slotCount, long generation) {
            this.slots = new AtomicReferenceArray<>(slotCount);
            this.generation = generation;
        }

        /** A copy without removed entries, with room for one more. */
        Shard copy(long newGeneration) {
            int slotCount = SLOTS_MIN;
            while (slotCount * 2 < (live + 1) * 3) {
                slotCount <<= 1;
            }
            Shard copy = new Shard(slotCount, newGeneration);
            for (int i = 0; i < slots.length(); i++) {
                Entry entry = slots.getPlain(i);
                if (entry != null && entry != REMOVED) {
                    copy.insert(entry);
                }
            }
            return copy;
        }

        /** For readers, who may look up a slot once only: the writer may empty it in between. */
        @Nullable
        Entry get(long id) {
            int mask = slots.length() - 1;
            for (int slot = (int) mix(id) & mask; ; slot = (slot + 1) & mask) {
                Entry entry = slots.getAcquire(slot);
                if (entry == null || (entry != REMOVED && entry.id == id)) {
                    return entry;
                }
            }
        }

        /** The slot of {@code id}, or -1. There is always an empty slot to end the search. */
        private int find(long id) {
            int mask = slots.length() - 1;
            for (int slot = (int) mix(id) & mask; ; slot = (slot + 1) & mask) {
                Entry entry = slots.getPlain(slot);
                if (entry == null) {
                    return -1;
                }
                if (entry != REMOVED && entry.id == id) {
                    return slot;
                }
            }
        }

        void insert(Entry entry) {
            int mask = slots.length() - 1;
            int slot = (int) mix(entry.id) & mask;
            while (slots.getPlain(slot) != null) {
                slot = (slot + 1) & mask;
            }
            slots.setRelease(slot, entry);
            live++;
            used++;
        }

        boolean isCrowded() {
            return (used + 1) * 4 > slots.length() * 3;
        }
    }

    /** The content as it was when captured. Thread-safe. */
    public static final class Captured<E extends Entry> {
        private final @Nullable Shard[] shards;

        private Captured(@Nullable Shard[] shards) {
            this.shards = shards;
        }

        public int parts() {
            return shards.length;
        }

        /** Visits the entries of one part, in no particular order. */
        public void forEach(int part, Consumer<E> each) {
            visit(shards[part], each);
        }
    }

    private final AtomicReferenceArray<@Nullable Shard> shards = new AtomicReferenceArray<>(SHARDS);
    private long generation;
    private final AtomicInteger size = new AtomicInteger();

    public int size() {
        return size.get();
    }

    /** Grows by one with every capture: what was made in an older generation may be held by a capture. Writer only. */
    public long generation() {
        return generation;
    }

    @SuppressWarnings("unchecked") // only put() fills the slots
    @Nullable
    public E get(long id) {
        Shard shard = shards.getAcquire(shardOf(id));
        return shard == null ? null : (E) shard.get(id);
    }

    /** Puts {@code entry} in, in the place of one with the same number. Writer only. */
    public void put(E entry) {
        int index = shardOf(entry.id());
        Shard shard = shards.getPlain(index);
        if (shard == null) {
            shard = new Shard(SLOTS_MIN, generation);
        } else if (shard.generation != generation || shard.isCrowded()) {
            shard = shard.copy(generation);
        }
        int slot = shard.find(entry.id());
        if (slot >= 0) {
            shard.slots.setRelease(slot, entry);
        } else {
            shard.insert(entry);
            size.setRelease(size.getPlain() + 1);
        }
        shards.setRelease(index, shard);
    }

    /** Writer only. */
    public void remove(long id) {
        int index = shardOf(id);
        Shard shard = shards.getPlain(index);
        if (shard == null || shard.find(id) < 0) {
            return;
        }
        if (shard.generation != generation) {
            shard = shard.copy(generation);
        }
        shard.slots.setRelease(shard.find(id), REMOVED);
        shard.live--;
        size.setRelease(size.getPlain() - 1);
        shards.setRelease(index, shard.live == 0 ? null : shard);
    }

    /** Visits the entries in no particular order; what changes meanwhile may be met or not. */
    public void forEach(Consumer<E> each) {
        for (int i = 0; i < SHARDS; i++) {
            visit(shards.getAcquire(i), each);
        }
    }

    /** Writer only; takes microseconds. */
    public Captured<E> capture() {
        @Nullable Shard[] copy = new Shard[SHARDS];
        for (int i = 0; i < SHARDS; i++) {
            copy[i] = shards.getPlain(i);
        }
        generation++;
        return new Captured<>(copy);
    }

    @SuppressWarnings("unchecked") // only put() fills the slots
    private static <E extends Entry> void visit(@Nullable Shard shard, Consumer<E> each) {
        if (shard == null) {
            return;
        }
        for (int i = 0; i < shard.slots.length(); i++) {
            Entry entry = shard.slots.getAcquire(i);
            if (entry != null && entry != REMOVED) {
                each.accept((E) entry);
            }
        }
    }

    private static int shardOf(long id) {
        return (int) (mix(id) >>> (64 - SHARD_BITS));
    }

    /** Spreads neighbouring numbers (the finaliser of SplitMix64). */
    private static long mix(long id) {
        long z = id + 0x9e3779b97f4a7c15L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
