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
record Operation(String id, String result, Instant at) {
    /** The result of an operation that is remembered. */
    static Optional<String> result(List<Operation> done, String id) {
        return done.stream()
                .filter(operation -> operation.id().equals(id))
                .map(Operation::result)
                .findFirst();
    }

    /** Those that are not too old, and with room for as many more. */
    static List<Operation> retained(List<Operation> done, Instant oldest, int count) {
        List<Operation> young = done.stream()
                .filter(operation -> !operation.at().isBefore(oldest))
                .toList();
        return young.subList(Math.max(0, young.size() - count), young.size());
    }

    /** These and this one, the oldest dropped if there are more than so many. */
    static List<Operation> with(List<Operation> done, Operation next, int count) {
        List<Operation> all = new ArrayList<>(done.subList(Math.max(0, done.size() + 1 - count), done.size()));
        all.add(next);
        return all;
    }
}
