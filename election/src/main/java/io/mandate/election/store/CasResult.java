package io.mandate.election.store;

import org.jspecify.annotations.Nullable;

/** How a compare-and-set ended. */
public sealed interface CasResult {
    /** It was written, and this is the entry now. */
    record Written(Entry entry) implements CasResult {}

    /**
     * The key did not have the expected version.
     *
     * @param present what it had instead; null for no such key
     */
    record Refused(@Nullable Entry present) implements CasResult {}

    /** The lease that the key was to hang on has ended; nothing was written. */
    record NoSuchLease() implements CasResult {}
}
