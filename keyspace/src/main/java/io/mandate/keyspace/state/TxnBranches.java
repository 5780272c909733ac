package io.mandate.keyspace.state;

import io.mandate.keyspace.api.Compare;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.TxnOperation;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Which branch each transaction of a tree takes. Decided for the whole tree, from the state before it, so that no
 * compare sees a write of its own transaction.
 */
public final class TxnBranches {
    private final boolean succeeded;
    private final List<TxnOperation> operations;

    /** Plans of the transactions among {@link #operations}, in order. */
    private final List<TxnBranches> nested;

    private TxnBranches(boolean succeeded, List<TxnOperation> operations, List<TxnBranches> nested) {
        this.succeeded = succeeded;
        this.operations = operations;
        this.nested = nested;
    }

    public static TxnBranches of(TxnOperation.Txn txn, Predicate<Compare> holds) {
        boolean succeeded = txn.compares().stream().allMatch(holds);
        List<TxnOperation> operations = succeeded ? txn.success() : txn.failure();
        List<TxnBranches> nested = new ArrayList<>(0);
        for (TxnOperation operation : operations) {
            if (operation instanceof TxnOperation.Txn child) {
                nested.add(of(child, holds));
            }
        }
        return new TxnBranches(succeeded, operations, nested);
    }

    boolean succeeded() {
        return succeeded;
    }

    /**
     * Asks {@code check} about every operation that would run, nested ones in their place; the first refusal, or null.
     */
    public Outcome.Refused.@Nullable Reason firstRefusal(Check check) {
        int child = 0;
        for (TxnOperation operation : operations) {
            Outcome.Refused.Reason reason = operation instanceof TxnOperation.Txn
                    ? nested.get(child++).firstRefusal(check)
                    : check.refusalOf(operation);
            if (reason != null) {
                return reason;
            }
        }
        return null;
    }

    /** Runs the operations. A refusal of one ends the run and is its result. */
    public Outcome run(TxnOperation.Handler<Outcome> handler, RevisionSource revision) {
        List<Outcome> answers = new ArrayList<>(operations.size());
        int child = 0;
        for (TxnOperation operation : operations) {
            Outcome answer = operation instanceof TxnOperation.Txn
                    ? nested.get(child++).run(handler, revision)
                    : operation.accept(handler);
            if (answer instanceof Outcome.Refused) {
                return answer;
            }
            answers.add(answer);
        }
        return new Outcome.Decided(revision.current(), succeeded, answers);
    }

    /** A look at an operation before any is run. */
    interface Check {
        Outcome.Refused.@Nullable Reason refusalOf(TxnOperation operation);
    }

    /** The revision that answers carry; it grows by one with the transaction's first change. */
    public interface RevisionSource {
        long current();
    }
}
