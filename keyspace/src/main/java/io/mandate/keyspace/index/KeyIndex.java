package io.mandate.keyspace.index;

import io.mandate.keyspace.api.KeyRange;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The newest version of every key, in key order. One writer, any number of readers; a reader names the revision it
 * reads at and passes over what is newer, so that it never sees half a revision.
 */
public final class KeyIndex {
    private final ConcurrentSkipListMap<byte[], Version> heads = new ConcurrentSkipListMap<>(Arrays::compareUnsigned);

    @Nullable
    public Version head(byte[] key) {
        return heads.get(key);
    }

    /** The key as it stood at {@code revision}; null if it was absent. */
    @Nullable
    public Version live(byte[] key, long revision) {
        Version head = heads.get(key);
        return head == null ? null : head.liveAt(revision);
    }

    /** Makes {@code version} the newest of its key. Writer only. */
    public void push(Version version) {
        heads.put(version.key(), version);
    }

    /** Takes {@code version}, the newest of its key, back. Writer only. */
    public void pop(Version version) {
        Version older = version.older();
        if (older == null) {
            heads.remove(version.key());
        } else {
            heads.put(version.key(), older);
        }
    }

    /**
     * Forgets a key whose newest version is the tombstone {@code version}; false if there is a newer one. Writer only.
     */
    public boolean forget(Version version) {
        return heads.remove(version.key(), version);
    }

    /** Hands the keys of {@code keys} as they stood at {@code revision} to {@code each}, in key order. */
    public void scan(KeyRange keys, long revision, Consumer<Version> each) {
        if (keys.isSingle()) {
            Version version = live(keys.key().sharedArray(), revision);
            if (version != null) {
                each.accept(version);
            }
        } else if (!keys.isEmpty()) {
            for (Version head : within(keys).values()) {
                Version version = head.liveAt(revision);
                if (version != null) {
                    each.accept(version);
                }
            }
        }
    }

    /** Every key's newest version, in key order, as it stands when the walk gets there. */
    public Iterable<Version> heads() {
        return heads.values();
    }

    private Map<byte[], Version> within(KeyRange keys) {
        byte[] from = keys.key().sharedArray();
        if (!keys.isOpenEnded()) {
            return heads.subMap(from, true, keys.end().sharedArray(), false);
        }
        ConcurrentNavigableMap<byte[], Version> tail = heads.tailMap(from, true);
        return tail;
    }
}
