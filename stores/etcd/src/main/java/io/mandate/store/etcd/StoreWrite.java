package io.mandate.store.etcd;

/** How a guarded write to the store ended. */
public sealed interface StoreWrite {
    /** All of it took effect, at this revision. */
    record Written(long revision) implements StoreWrite {}

    /** A key did not have the version it was expected to have; nothing took effect. */
    record Conflict() implements StoreWrite {}
}
