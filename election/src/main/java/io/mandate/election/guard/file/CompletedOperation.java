package io.mandate.election.guard.file;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * An operation that has been done.
 *
 * @param at by the clock of the machine that did it, in whole milliseconds
 */
record CompletedOperation(String id, String result, Instant at) {
    /** The result of an operation that is remembered. */
    static Optional<String> result(List<CompletedOperation> done, String id) {
        return done.stream()
                .filter(operation -> operation.id().equals(id))
                .map(CompletedOperation::result)
                .findFirst();
    }

    /**
     * Those that are not too old, and with room for as many more. The clock that dated one and the clock that it is
     * compared with may be those of two machines, so the latest are kept whatever their age: what a leader did last is
     * what its successor repeats.
     */
    static List<CompletedOperation> retained(List<CompletedOperation> done, Instant oldest, int count) {
        int latest = Math.max(0, done.size() - FileOptions.RETENTION_COUNT_MIN);
        List<CompletedOperation> kept = new ArrayList<>();
        for (int i = 0; i < done.size(); i++) {
            if (i >= latest || !done.get(i).at().isBefore(oldest)) {
                kept.add(done.get(i));
            }
        }
        return kept.subList(Math.max(0, kept.size() - count), kept.size());
    }

    /** These and this one, the oldest dropped if there are more than so many. */
    static List<CompletedOperation> with(List<CompletedOperation> done, CompletedOperation next, int count) {
        List<CompletedOperation> all = new ArrayList<>(done.subList(Math.max(0, done.size() + 1 - count), done.size()));
        all.add(next);
        return all;
    }
}
