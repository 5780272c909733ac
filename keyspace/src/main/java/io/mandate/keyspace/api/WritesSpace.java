package io.mandate.keyspace.api;

import java.util.List;

/**
 * Answers whether an operation holds a put, in whatever branch and depth: with the space used up, etcd refuses such a
 * transaction whole.
 */
public final class WritesSpace implements TxnOperation.Handler<Boolean> {
    private static final WritesSpace INSTANCE = new WritesSpace();

    private WritesSpace() {}

    public static boolean inAnyBranch(TxnOperation.Txn txn) {
        return inAny(txn.success()) || inAny(txn.failure());
    }

    private static boolean inAny(List<TxnOperation> operations) {
        for (TxnOperation operation : operations) {
            if (operation.accept(INSTANCE)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public Boolean range(TxnOperation.Range range) {
        return false;
    }

    @Override
    public Boolean put(TxnOperation.Put put) {
        return true;
    }

    @Override
    public Boolean deleteRange(TxnOperation.DeleteRange deleteRange) {
        return false;
    }

    @Override
    public Boolean txn(TxnOperation.Txn txn) {
        return inAnyBranch(txn);
    }
}
