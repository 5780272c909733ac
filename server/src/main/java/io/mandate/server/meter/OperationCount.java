package io.mandate.server.meter;

import io.mandate.keyspace.api.Outcome;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts operations by their outcomes, as etcd does: those in a transaction individually, and a transaction if it
 * contains more than one. Thread-safe.
 */
public final class OperationCount {
    private final LongAdder ranges = new LongAdder();
    private final LongAdder puts = new LongAdder();
    private final LongAdder deletes = new LongAdder();
    private final LongAdder transactions = new LongAdder();

    /** Counts the operations of an outcome; refused ones are not counted. */
    public void add(Outcome outcome) {
        if (outcome instanceof Outcome.Decided decided && addNested(decided) > 1) {
            transactions.increment();
        } else if (!(outcome instanceof Outcome.Decided)) {
            addOne(outcome);
        }
    }

    private int addNested(Outcome.Decided decided) {
        int count = 0;
        for (Outcome operation : decided.answers()) {
            count += operation instanceof Outcome.Decided nested ? addNested(nested) : addOne(operation);
        }
        return count;
    }

    private int addOne(Outcome outcome) {
        LongAdder counter = outcome instanceof Outcome.Ranged
                ? ranges
                : outcome instanceof Outcome.Written ? puts : outcome instanceof Outcome.Deleted ? deletes : null;
        if (counter == null) {
            return 0;
        }
        counter.increment();
        return 1;
    }

    public long ranges() {
        return ranges.sum();
    }

    public long puts() {
        return puts.sum();
    }

    public long deletes() {
        return deletes.sum();
    }

    public long transactions() {
        return transactions.sum();
    }
}
