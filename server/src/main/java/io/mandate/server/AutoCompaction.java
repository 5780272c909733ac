package io.mandate.server;

import java.time.Duration;

/** Which history the leader forgets by itself. */
public sealed interface AutoCompaction {
    AutoCompaction OFF = new Off();

    /** Nothing is forgotten unless a client asks. */
    record Off() implements AutoCompaction {}

    /** What was superseded longer than {@code retention} ago is forgotten. */
    record Periodic(Duration retention) implements AutoCompaction {
        public Periodic {
            if (retention.isNegative() || retention.isZero()) {
                throw new IllegalArgumentException("auto-compaction retention " + retention + " must be positive");
            }
        }
    }

    /** The latest {@code revisions} revisions are kept. */
    record ByRevision(long revisions) implements AutoCompaction {
        public ByRevision {
            if (revisions < 1) {
                throw new IllegalArgumentException(
                        "auto-compaction retention " + revisions + " must be 1 revision or more");
            }
        }
    }
}
