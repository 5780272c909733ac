package io.mandate.election.guard.file;

import org.jspecify.annotations.Nullable;

/** How a conditional write ended. */
public sealed interface FileWrite {
    /** It is on the disk, as this version. */
    record Written(long version) implements FileWrite {}

    /**
     * The file did not have the expected version, and nothing was written.
     *
     * @param present what it has; null if it was never written
     */
    record Conflict(@Nullable FileVersion present) implements FileWrite {}
}
