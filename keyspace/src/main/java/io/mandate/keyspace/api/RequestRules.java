package io.mandate.keyspace.api;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What can be wrong with a request whatever the state. To be asked before a request is proposed; the keyspace stays
 * consistent without, but then a broken request may take effect. Pure, thread-safe.
 *
 * <p>The rules and the order in which they are checked are etcd's, including this: a delete "from the key on" inside a
 * transaction conflicts with no put, since etcd takes its end for the smallest key there (seen with 3.5.30).
 *
 * @param txnOperationsMax at most this many compares, operations of one branch, and nested levels' operations below
 *     them
 */
public record RequestRules(int txnOperationsMax) {

    /**
     * Levels of nested transactions; with the default limit of operations nobody gets so far. Bounds the stack, not the
     * client.
     */
    public static final int TXN_DEPTH_MAX = 256;

    /** 128 operations, as etcd's {@code --max-txn-ops}. */
    public static final RequestRules DEFAULT = new RequestRules(128);

    public RequestRules {
        if (txnOperationsMax < 1) {
            throw new IllegalArgumentException("txnOperationsMax " + txnOperationsMax + " is below 1");
        }
    }

    /** The broken rule; the etcd API has the error text of each. */
    public enum Violation {
        KEY_NOT_PROVIDED,
        /** {@code ignoreValue} together with a value. */
        VALUE_PROVIDED,
        /** {@code ignoreLease} together with a lease. */
        LEASE_PROVIDED,
        TOO_MANY_OPERATIONS,
        /** A key put twice, or put and deleted, in one transaction. */
        DUPLICATE_KEY
    }

    public Optional<Violation> check(TxnOperation operation) {
        Optional<Violation> violation = operation.accept(new Shape(txnOperationsMax, 0));
        if (violation.isEmpty()
                && operation instanceof TxnOperation.Txn txn
                && (Writes.of(txn.success()) == null || Writes.of(txn.failure()) == null)) {
            return Optional.of(Violation.DUPLICATE_KEY);
        }
        return violation;
    }

    /** What one operation looks like by itself, with what is nested in it. */
    private record Shape(int operationsMax, int depth) implements TxnOperation.Handler<Optional<Violation>> {
        @Override
        public Optional<Violation> range(TxnOperation.Range range) {
            return keyOf(range.keys().key());
        }

        @Override
        public Optional<Violation> put(TxnOperation.Put put) {
            if (put.key().isEmpty()) {
                return Optional.of(Violation.KEY_NOT_PROVIDED);
            }
            if (put.ignoreValue() && !put.value().isEmpty()) {
                return Optional.of(Violation.VALUE_PROVIDED);
            }
            return put.ignoreLease() && put.leaseId() != 0 ? Optional.of(Violation.LEASE_PROVIDED) : Optional.empty();
        }

        @Override
        public Optional<Violation> deleteRange(TxnOperation.DeleteRange deleteRange) {
            return keyOf(deleteRange.keys().key());
        }

        @Override
        public Optional<Violation> txn(TxnOperation.Txn txn) {
            int widest = Math.max(
                    txn.compares().size(),
                    Math.max(txn.success().size(), txn.failure().size()));
            if (widest > operationsMax || depth >= TXN_DEPTH_MAX) {
                return Optional.of(Violation.TOO_MANY_OPERATIONS);
            }
            for (Compare compare : txn.compares()) {
                if (compare.keys().key().isEmpty()) {
                    return Optional.of(Violation.KEY_NOT_PROVIDED);
                }
            }
            Shape nested = new Shape(operationsMax - widest, depth + 1);
            return nested.first(txn.success()).or(() -> nested.first(txn.failure()));
        }

        private Optional<Violation> first(List<TxnOperation> operations) {
            for (TxnOperation operation : operations) {
                Optional<Violation> violation = operation.accept(this);
                if (violation.isPresent()) {
                    return violation;
                }
            }
            return Optional.empty();
        }

        private static Optional<Violation> keyOf(Bytes key) {
            return key.isEmpty() ? Optional.of(Violation.KEY_NOT_PROVIDED) : Optional.empty();
        }
    }

    /**
     * Keys put and ranges deleted by one branch and everything nested in it. A put must not meet a put of the branch,
     * nor a delete of its own level or of an earlier child; a delete that comes after a child's put is no conflict.
     */
    private static final class Writes {
        private final Set<Bytes> puts = new HashSet<>();
        private final List<KeyRange> deletes = new ArrayList<>();

        /** The writes of {@code operations}, or null if they conflict. */
        static @Nullable Writes of(List<TxnOperation> operations) {
            Writes writes = new Writes();
            for (TxnOperation operation : operations) {
                if (operation instanceof TxnOperation.DeleteRange delete
                        && !delete.keys().isOpenEnded()) {
                    writes.deletes.add(delete.keys());
                }
            }
            for (TxnOperation operation : operations) {
                if (operation instanceof TxnOperation.Txn txn && !writes.addChild(txn)) {
                    return null;
                }
            }
            for (TxnOperation operation : operations) {
                if (operation instanceof TxnOperation.Put put && !writes.addPut(put.key())) {
                    return null;
                }
            }
            return writes;
        }

        /** Only one branch of a child runs, so both may put the same key. */
        private boolean addChild(TxnOperation.Txn txn) {
            Writes success = of(txn.success());
            Writes failure = of(txn.failure());
            if (success == null || failure == null) {
                return false;
            }
            for (Bytes key : success.puts) {
                if (!addPut(key)) {
                    return false;
                }
            }
            for (Bytes key : failure.puts) {
                if (!success.puts.contains(key) && !addPut(key)) {
                    return false;
                }
            }
            deletes.addAll(success.deletes);
            deletes.addAll(failure.deletes);
            return true;
        }

        private boolean addPut(Bytes key) {
            for (KeyRange range : deletes) {
                if (range.contains(key)) {
                    return false;
                }
            }
            return puts.add(key);
        }
    }
}
