package io.mandate.keyspace.state;

import io.mandate.keyspace.api.Compare;
import io.mandate.keyspace.api.KeyValue;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.TxnOperation;
import io.mandate.keyspace.index.KeyIndex;
import io.mandate.keyspace.index.Version;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;

/** Ranges and compares, evaluated at one revision of the index. */
public final class Evaluation {
    private Evaluation() {}

    /**
     * Reads {@code range} at {@code readRevision}; the answer says {@code storeRevision}.
     *
     * <p>As in etcd, a limit without an order cuts before a sort by another field than the key: the first {@code limit
     * + 1} keys are sorted and the last of them dropped. With an order or a filter, the limit cuts last.
     */
    public static Outcome.Ranged range(
            KeyIndex index, TxnOperation.Range range, long readRevision, long storeRevision) {
        Selection selection = new Selection(range);
        index.scan(range.keys(), readRevision, selection::add);
        return selection.answer(storeRevision);
    }

    /** Whether {@code compare} holds at {@code revision}. */
    public static boolean holds(KeyIndex index, Compare compare, long revision) {
        boolean[] seen = new boolean[2];
        index.scan(compare.keys(), revision, version -> {
            seen[0] = true;
            seen[1] |= !holds(compare, version);
        });
        if (seen[0]) {
            return !seen[1];
        }
        return compare.target() != Compare.Target.VALUE && related(Long.compare(0, compare.number()), compare);
    }

    private static boolean holds(Compare compare, Version version) {
        int order = switch (compare.target()) {
            case VERSION -> Long.compare(version.version(), compare.number());
            case CREATE_REVISION -> Long.compare(version.createRevision(), compare.number());
            case MOD_REVISION -> Long.compare(version.modRevision(), compare.number());
            case LEASE -> Long.compare(version.leaseId(), compare.number());
            case VALUE ->
                Arrays.compareUnsigned(version.value(), compare.value().sharedArray());
        };
        return related(order, compare);
    }

    private static boolean related(int order, Compare compare) {
        return switch (compare.relation()) {
            case EQUAL -> order == 0;
            case NOT_EQUAL -> order != 0;
            case GREATER -> order > 0;
            case LESS -> order < 0;
        };
    }

    /** Keys chosen for an answer; only those that end up in it are made into records. */
    private static final class Selection {
        private final TxnOperation.Range range;
        private final List<Version> chosen = new ArrayList<>();
        private final boolean sorted;
        private final long chosenMax;
        private long count;

        Selection(TxnOperation.Range range) {
            this.range = range;
            boolean byKeyAscending = range.sortTarget() == TxnOperation.Range.SortTarget.KEY
                    && range.sortOrder() != TxnOperation.Range.SortOrder.DESCENDING;
            this.sorted = !byKeyAscending;
            boolean cutsLast = range.limit() <= 0
                    || range.limit() == Long.MAX_VALUE
                    || (sorted && range.sortOrder() != TxnOperation.Range.SortOrder.NONE);
            this.chosenMax = cutsLast || (sorted && hasFilter()) ? Long.MAX_VALUE : range.limit() + 1;
        }

        void add(Version version) {
            count++;
            if (!range.countOnly() && chosen.size() < chosenMax && passes(version)) {
                chosen.add(version);
            }
        }

        Outcome.Ranged answer(long storeRevision) {
            if (sorted) {
                sort();
            }
            boolean more = range.limit() > 0 && chosen.size() > range.limit();
            int size = more ? (int) range.limit() : chosen.size();
            List<KeyValue> keyValues = new ArrayList<>(size);
            for (Version version : chosen.subList(0, size)) {
                keyValues.add(range.keysOnly() ? version.toKeyOnly() : version.toKeyValue());
            }
            return new Outcome.Ranged(storeRevision, keyValues, count, more);
        }

        private boolean hasFilter() {
            return range.minModRevision() != 0
                    || range.maxModRevision() != 0
                    || range.minCreateRevision() != 0
                    || range.maxCreateRevision() != 0;
        }

        private boolean passes(Version version) {
            long mod = version.modRevision();
            long create = version.createRevision();
            return (range.minModRevision() == 0 || mod >= range.minModRevision())
                    && (range.maxModRevision() == 0 || mod <= range.maxModRevision())
                    && (range.minCreateRevision() == 0 || create >= range.minCreateRevision())
                    && (range.maxCreateRevision() == 0 || create <= range.maxCreateRevision());
        }

        /** Equal ones stay in key order, ascending also in a descending sort. */
        private void sort() {
            if (range.sortTarget() == TxnOperation.Range.SortTarget.KEY) {
                Collections.reverse(chosen);
                return;
            }
            Comparator<Version> order = switch (range.sortTarget()) {
                case KEY -> Comparator.comparing(Version::key, Arrays::compareUnsigned);
                case VERSION -> Comparator.comparingLong(Version::version);
                case CREATE_REVISION -> Comparator.comparingLong(Version::createRevision);
                case MOD_REVISION -> Comparator.comparingLong(Version::modRevision);
                case VALUE -> Comparator.comparing(Version::value, Arrays::compareUnsigned);
            };
            chosen.sort(range.sortOrder() == TxnOperation.Range.SortOrder.DESCENDING ? order.reversed() : order);
        }
    }
}
