package io.mandate.keyspace;

import java.util.List;

/** Answers whether an operation leaves the keyspace as it is. */
final class ReadOnly implements Operation.Handler<Boolean> {
    private static final ReadOnly INSTANCE = new ReadOnly();

    private ReadOnly() {}

    static boolean all(List<Operation> operations) {
        for (Operation operation : operations) {
            if (!operation.accept(INSTANCE)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public Boolean range(Operation.Range range) {
        return true;
    }

    @Override
    public Boolean put(Operation.Put put) {
        return false;
    }

    @Override
    public Boolean deleteRange(Operation.DeleteRange deleteRange) {
        return false;
    }

    @Override
    public Boolean txn(Operation.Txn txn) {
        return txn.isReadOnly();
    }
}
