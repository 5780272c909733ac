package io.mandate.keyspace;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Which branch each transaction of a tree takes. Decided for the whole tree, from the state before it, so that no
 * compare sees a write of its own transaction.
 */
final class Plan {
    private final boolean succeeded;
    private final List<Operation> operations;

    /** Plans of the transactions among {@link #operations}, in order. */
    private final List<Plan> nested;

    private Plan(boolean succeeded, List<Operation> operations, List<Plan> nested) {
        this.succeeded = succeeded;
        this.operations = operations;
        this.nested = nested;
    }

    static Plan of(Operation.Txn txn, Predicate<Compare> holds) {
        boolean succeeded = txn.compares().stream().allMatch(holds);
        List<Operation> operations = succeeded ? txn.success() : txn.failure();
        List<Plan> nested = new ArrayList<>(0);
        for (Operation operation : operations) {
            if (operation instanceof Operation.Txn child) {
                nested.add(of(child, holds));
            }
        }
        return new Plan(succeeded, operations, nested);
    }

    boolean succeeded() {
        return succeeded;
    }

    /**
     * Asks {@code check} about every operation that would run, nested ones in their place; the first refusal, or null.
     */
    Outcome.Refused.@Nullable Reason firstRefusal(Check check) {
        int child = 0;
        for (Operation operation : operations) {
            Outcome.Refused.Reason reason = operation instanceof Operation.Txn
                    ? nested.get(child++).firstRefusal(check)
                    : check.refusalOf(operation);
            if (reason != null) {
                return reason;
            }
        }
        return null;
    }

    /** Runs the operations. A refusal of one ends the run and is its result. */
    Outcome run(Operation.Handler<Outcome> handler, RevisionSource revision) {
        List<Outcome> answers = new ArrayList<>(operations.size());
        int child = 0;
        for (Operation operation : operations) {
            Outcome answer = operation instanceof Operation.Txn
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
        Outcome.Refused.@Nullable Reason refusalOf(Operation operation);
    }

    /** The revision that answers carry; it grows by one with the transaction's first change. */
    interface RevisionSource {
        long current();
    }
}
