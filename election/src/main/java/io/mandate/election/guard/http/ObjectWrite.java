package io.mandate.election.guard.http;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How a write ended that was neither stale nor in trouble. */
public sealed interface ObjectWrite {
    /**
     * It took effect.
     *
     * @param knownETag of the version that was written; null if the server did not say and others have written since
     */
    record Written(Content content, @Nullable String knownETag) implements ObjectWrite {
        /** To expect in the next write. Empty if the server did not say and others have written since: read again. */
        public Optional<String> etag() {
            return Optional.ofNullable(knownETag);
        }
    }

    /**
     * The object was not as expected. Nothing was written.
     *
     * @param present what it is instead; null for no such object
     */
    record Changed(@Nullable StoredObject present) implements ObjectWrite {
        /** What it is instead; empty for no such object. */
        public Optional<StoredObject> current() {
            return Optional.ofNullable(present);
        }
    }
}
