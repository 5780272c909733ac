package io.mandate.store.etcd;

import com.google.protobuf.ByteString;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseStore;
import io.mandate.etcdapi.Compare;
import io.mandate.etcdapi.RequestOp;
import java.util.ArrayList;
import java.util.List;

/**
 * What a guarded write does, all of it or nothing. Keys are the store's, whole. Lent until the function that is given
 * it returns: then the write is on its way. Not thread-safe.
 */
public final class StoreChanges {
    /** Of changes and expectations together: etcd's limit of 128, less what the guard itself needs. */
    public static final int CHANGES_MAX = 100;

    private static final int VALUE_BYTES_MAX = 1 << 20;

    private final List<Compare> expected = new ArrayList<>();
    private final List<RequestOp> operations = new ArrayList<>();

    private volatile boolean taken;

    StoreChanges() {}

    /** Writes a key. */
    public StoreChanges put(String key, String value) {
        return put(key, ByteString.copyFromUtf8(value));
    }

    /** As {@link #put(String, String)}, with bytes. */
    public StoreChanges put(String key, byte[] value) {
        return put(key, ByteString.copyFrom(value));
    }

    private StoreChanges put(String key, ByteString value) {
        requireLent();
        if (value.size() > VALUE_BYTES_MAX) {
            throw new IllegalArgumentException("a value of " + value.size() + " bytes is longer than " + VALUE_BYTES_MAX
                    + ": keep large data elsewhere and its name here");
        }
        operations.add(Transactions.put(key(key), value, 0));
        return checked();
    }

    /** Deletes a key, if it is there. */
    public StoreChanges delete(String key) {
        requireLent();
        operations.add(Transactions.delete(key(key)));
        return checked();
    }

    /**
     * Makes the write a conflict if a key has another version.
     *
     * @param version {@link Entry#version}; 0 for no such key
     */
    public StoreChanges expect(String key, long version) {
        requireLent();
        expected.add(Transactions.isAt(key(key), version));
        return checked();
    }

    private static ByteString key(String key) {
        ByteString bytes = ByteString.copyFromUtf8(key);
        if (bytes.isEmpty() || bytes.size() > LeaseStore.KEY_BYTES_MAX) {
            throw new IllegalArgumentException("the key '" + key + "' has " + bytes.size()
                    + " bytes, not between 1 and " + LeaseStore.KEY_BYTES_MAX);
        }
        return bytes;
    }

    private StoreChanges checked() {
        if (operations.size() + expected.size() > CHANGES_MAX) {
            throw new IllegalArgumentException("more than " + CHANGES_MAX + " changes in one write: split it");
        }
        return this;
    }

    private void requireLent() {
        if (taken) {
            throw new IllegalStateException("the write that these changes belong to is on its way: make changes only"
                    + " within the function that they are given to, and begin another write for more");
        }
    }

    /** Takes the changes over from whoever made them. */
    void take() {
        taken = true;
    }

    List<Compare> expected() {
        return expected;
    }

    List<RequestOp> operations() {
        return operations;
    }
}
