package io.mandate.keyspace.index;

import io.mandate.keyspace.api.Lease;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListSet;
import org.jspecify.annotations.Nullable;

/**
 * A lease and the keys attached to it. Most leases hold no key or one, so a set is made only for the second. The keys
 * may be read while the writer changes them.
 */
public final class LeaseEntry extends LongTable.Entry {
    private final long ttlMillis;
    private final long grantIndex;

    /** Null, one key ({@code byte[]}), or a sorted set of keys. */
    private volatile @Nullable Object keys;

    public LeaseEntry(long id, long ttlMillis, long grantIndex) {
        super(id);
        this.ttlMillis = ttlMillis;
        this.grantIndex = grantIndex;
    }

    public long ttlMillis() {
        return ttlMillis;
    }

    public long grantIndex() {
        return grantIndex;
    }

    public Lease toLease() {
        return new Lease(id(), ttlMillis, grantIndex);
    }

    /** Writer only. */
    public void attach(byte[] key) {
        Object current = keys;
        if (current == null) {
            keys = key;
        } else if (current instanceof byte[] only) {
            if (!Arrays.equals(only, key)) {
                KeySet set = new KeySet();
                set.add(only);
                set.add(key);
                keys = set;
            }
        } else {
            ((KeySet) current).add(key);
        }
    }

    /** Writer only. */
    public void detach(byte[] key) {
        Object current = keys;
        if (current instanceof byte[] only) {
            if (Arrays.equals(only, key)) {
                keys = null;
            }
        } else if (current instanceof KeySet set) {
            set.remove(key);
            if (set.isEmpty()) {
                keys = null;
            }
        }
    }

    /** The keys in order, a copy. */
    public List<byte[]> keys() {
        Object current = keys;
        if (current == null) {
            return List.of();
        }
        return current instanceof byte[] only ? List.of(only) : new ArrayList<>((KeySet) current);
    }

    private static final class KeySet extends ConcurrentSkipListSet<byte[]> {
        private static final long serialVersionUID = 1;

        KeySet() {
            super(Arrays::compareUnsigned);
        }
    }
}
