package io.mandate.server;

import java.time.Duration;

/** Which history the leader compacts automatically. */
public sealed interface AutoCompaction {
    AutoCompaction OFF = new Off();

    /** History is compacted on request only. */
    record Off() implements AutoCompaction {}

    /** Compacts history that is older than {@code retention}. */
    record Periodic(Duration retention) implements AutoCompaction {
        public Periodic {
            if (retention.isNegative() || retention.isZero()) {
                throw new IllegalArgumentException("auto-compaction retention " + retention + " must be positive");
            }
        }
    }

    /** Keeps the latest {@code revisions} revisions. */
    record ByRevision(long revisions) implements AutoCompaction {
        public ByRevision {
            if (revisions < 1) {
                throw new IllegalArgumentException(
                        "auto-compaction retention " + revisions + " must be 1 revision or more");
            }
        }
    }
}
