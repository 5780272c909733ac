package io.mandate.keyspace.api;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One key's change at one revision. {@code previous} is the key before that revision (also when the revision changed it
 * twice), null if it did not exist or if compaction has taken it; null also for a put that created the key anew in the
 * very transaction that deleted the old one. A delete carries the key and the revision of the delete only; its value is
 * empty and its other numbers are 0.
 */
public record Event(Type type, KeyValue keyValue, @Nullable KeyValue previous) {

    /** What happened to the key. */
    public enum Type {
        PUT,
        DELETE
    }

    public Optional<KeyValue> previousIfKept() {
        return Optional.ofNullable(previous);
    }

    public long revision() {
        return keyValue.modRevision();
    }
}
