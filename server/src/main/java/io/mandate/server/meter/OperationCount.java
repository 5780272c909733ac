package io.mandate.server.meter;

import io.mandate.keyspace.Outcome;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts operations by their outcomes as etcd does: those of transactions one by one, and a transaction if it did more
 * than one. Thread-safe.
 */
public final class OperationCount {
    private final LongAdder ranges = new LongAdder();
    private final LongAdder puts = new LongAdder();
    private final LongAdder deletes = new LongAdder();
    private final LongAdder transactions = new LongAdder();

    /** Counts what was done. */
    public void add(Outcome outcome) {
        if (outcome instanceof Outcome.Decided decided && addAll(decided) > 1) {
            transactions.increment();
        } else if (!(outcome instanceof Outcome.Decided)) {
            addOne(outcome);
        }
    }

    private int addAll(Outcome.Decided decided) {
        int done = 0;
        for (Outcome answer : decided.answers()) {
            done += answer instanceof Outcome.Decided nested ? addAll(nested) : addOne(answer);
        }
        return done;
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
