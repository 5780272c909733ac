package io.mandate.keyspace;

import java.util.List;

/**
 * Answers whether an operation holds a put, in whatever branch and depth: with the space used up, etcd refuses such a
 * transaction whole.
 */
final class WritesSpace implements Operation.Handler<Boolean> {
    private static final WritesSpace INSTANCE = new WritesSpace();

    private WritesSpace() {}

    static boolean inAnyBranch(Operation.Txn txn) {
        return inAny(txn.success()) || inAny(txn.failure());
    }

    private static boolean inAny(List<Operation> operations) {
        for (Operation operation : operations) {
            if (operation.accept(INSTANCE)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public Boolean range(Operation.Range range) {
        return false;
    }

    @Override
    public Boolean put(Operation.Put put) {
        return true;
    }

    @Override
    public Boolean deleteRange(Operation.DeleteRange deleteRange) {
        return false;
    }

    @Override
    public Boolean txn(Operation.Txn txn) {
        return inAnyBranch(txn);
    }
}
