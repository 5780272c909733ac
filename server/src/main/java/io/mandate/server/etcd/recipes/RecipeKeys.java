package io.mandate.server.etcd.recipes;

import com.google.protobuf.ByteString;
import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.KeyRange;

/**
 * The key layout of etcd's concurrency package, so that its clients and these services share the same elections and
 * locks.
 */
final class RecipeKeys {
    private RecipeKeys() {}

    /** The keys of all candidates of an election, or waiters of a lock. */
    static KeyRange all(ByteString name) {
        return KeyRange.prefix(
                Bytes.owning(name.concat(ByteString.copyFromUtf8("/")).toByteArray()));
    }

    /**
     * The key of one candidate or waiter: the name, a slash, and the lease in hexadecimal as Go prints a signed number.
     */
    static Bytes of(ByteString name, long leaseId) {
        String hex = leaseId < 0 ? "-" + Long.toHexString(-leaseId) : Long.toHexString(leaseId);
        return Bytes.owning(name.concat(ByteString.copyFromUtf8("/" + hex)).toByteArray());
    }
}
