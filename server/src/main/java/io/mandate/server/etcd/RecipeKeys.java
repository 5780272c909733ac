package io.mandate.server.etcd;

import com.google.protobuf.ByteString;
import io.mandate.keyspace.Bytes;
import io.mandate.keyspace.KeyRange;

/**
 * The layout of keys that etcd's concurrency package uses, so that its clients and these services meet on the same
 * elections and locks.
 */
final class RecipeKeys {
    private RecipeKeys() {}

    /** All candidates of an election, or waiters of a lock. */
    static KeyRange all(ByteString name) {
        return KeyRange.prefix(
                Bytes.owning(name.concat(ByteString.copyFromUtf8("/")).toByteArray()));
    }

    /** The key of one of them: the name, a slash, and the lease in hexadecimal as Go prints a signed number. */
    static Bytes of(ByteString name, long leaseId) {
        String hex = leaseId < 0 ? "-" + Long.toHexString(-leaseId) : Long.toHexString(leaseId);
        return Bytes.owning(name.concat(ByteString.copyFromUtf8("/" + hex)).toByteArray());
    }
}
