package io.mandate.keyspace.api;

import java.util.List;

/** What may stand in a branch of a transaction: a read, a put, a delete, or another transaction. */
public sealed interface TxnOperation {

    <R> R accept(Handler<R> handler);

    /** One method per kind of operation, so that a new kind does not compile until everyone handles it. */
    interface Handler<R> {
        R range(Range range);

        R put(Put put);

        R deleteRange(DeleteRange deleteRange);

        R txn(Txn txn);
    }

    /**
     * Reads keys.
     *
     * @param revision the revision to read at; 0 or less for the latest
     * @param limit at most this many keys; 0 or less for all
     * @param minModRevision keys last changed before it are left out; 0 for no bound (so for the three that follow,
     *     each its own way)
     */
    record Range(
            KeyRange keys,
            long revision,
            long limit,
            SortOrder sortOrder,
            SortTarget sortTarget,
            boolean keysOnly,
            boolean countOnly,
            long minModRevision,
            long maxModRevision,
            long minCreateRevision,
            long maxCreateRevision)
            implements TxnOperation {

        /** Order of the answer; with {@code NONE} a target other than the key still sorts, ascending. */
        public enum SortOrder {
            NONE,
            ASCENDING,
            DESCENDING
        }

        /** The field that the answer is sorted by. */
        public enum SortTarget {
            KEY,
            VERSION,
            CREATE_REVISION,
            MOD_REVISION,
            VALUE
        }

        /** The latest state of {@code keys}, in key order, whole. */
        public static Range latest(KeyRange keys) {
            return new Range(keys, 0, 0, SortOrder.NONE, SortTarget.KEY, false, false, 0, 0, 0, 0);
        }

        @Override
        public <R> R accept(Handler<R> handler) {
            return handler.range(this);
        }
    }

    /**
     * Writes one key.
     *
     * @param leaseId the lease to attach the key to, 0 for none
     * @param previousKeyValue whether the answer shall hold the key as it was
     * @param ignoreValue keep the value the key has; refused if the key is absent
     * @param ignoreLease keep the lease the key has; refused if the key is absent
     */
    record Put(Bytes key, Bytes value, long leaseId, boolean previousKeyValue, boolean ignoreValue, boolean ignoreLease)
            implements TxnOperation, Command {

        /** A put of a value, with no lease and no wish to see what was there. */
        public static Put of(Bytes key, Bytes value) {
            return new Put(key, value, 0, false, false, false);
        }

        @Override
        public <R> R accept(TxnOperation.Handler<R> handler) {
            return handler.put(this);
        }

        @Override
        public <R> R accept(Command.Handler<R> handler) {
            return handler.put(this);
        }
    }

    /** Deletes keys, all at one revision. */
    record DeleteRange(KeyRange keys, boolean previousKeyValues) implements TxnOperation, Command {
        @Override
        public <R> R accept(TxnOperation.Handler<R> handler) {
            return handler.deleteRange(this);
        }

        @Override
        public <R> R accept(Command.Handler<R> handler) {
            return handler.deleteRange(this);
        }
    }

    /**
     * Runs {@code success} if every compare holds on the state before the transaction, else {@code failure}; all at one
     * revision.
     */
    record Txn(List<Compare> compares, List<TxnOperation> success, List<TxnOperation> failure)
            implements TxnOperation, Command {

        public Txn {
            compares = List.copyOf(compares);
            success = List.copyOf(success);
            failure = List.copyOf(failure);
        }

        /** Whether no branch, at any depth, can write. */
        public boolean isReadOnly() {
            return ReadOnly.all(success) && ReadOnly.all(failure);
        }

        @Override
        public <R> R accept(TxnOperation.Handler<R> handler) {
            return handler.txn(this);
        }

        @Override
        public <R> R accept(Command.Handler<R> handler) {
            return handler.txn(this);
        }
    }
}
