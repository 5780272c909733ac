package io.mandate.keyspace.api;

import java.util.List;

/** Answers whether an operation leaves the keyspace as it is. */
final class ReadOnly implements TxnOperation.Handler<Boolean> {
    private static final ReadOnly INSTANCE = new ReadOnly();

    private ReadOnly() {}

    static boolean all(List<TxnOperation> operations) {
        for (TxnOperation operation : operations) {
            if (!operation.accept(INSTANCE)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public Boolean range(TxnOperation.Range range) {
        return true;
    }

    @Override
    public Boolean put(TxnOperation.Put put) {
        return false;
    }

    @Override
    public Boolean deleteRange(TxnOperation.DeleteRange deleteRange) {
        return false;
    }

    @Override
    public Boolean txn(TxnOperation.Txn txn) {
        return txn.isReadOnly();
    }
}
