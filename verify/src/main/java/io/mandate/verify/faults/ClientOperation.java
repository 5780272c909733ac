package io.mandate.verify.faults;

/** One operation as its client saw it. Times are {@code System.nanoTime()} of the one JVM in which all clients run. */
public sealed interface ClientOperation {
    int key();

    long callNanos();

    /** When the answer came; for an unknown outcome the operation may still take effect afterwards. */
    long returnNanos();

    /** What the client knows about its write. */
    enum Outcome {
        /** Acknowledged. */
        APPLIED,
        /** The compare was answered to be false. */
        REFUSED,
        /** An error: it may have been applied, or not, or may be yet. */
        UNKNOWN
    }

    /**
     * A put, or a put under the condition that the key's modification revision is the expected one.
     *
     * @param value unique in the history, not 0
     * @param expectedModRevision 0 for "absent", {@link #UNCONDITIONAL} for a plain put
     * @param revision header revision of the answer; 0 if the outcome is unknown
     * @param seen what a refusal showed at the key; else {@link KeyVersion#ABSENT}
     */
    record Write(
            int key,
            long value,
            long expectedModRevision,
            Outcome outcome,
            long revision,
            KeyVersion seen,
            long callNanos,
            long returnNanos)
            implements ClientOperation {
        public static final long UNCONDITIONAL = -1;

        public Write {
            if (value == 0) {
                throw new IllegalArgumentException("0 stands for an absent key");
            }
        }
    }

    /** An answered linearizable read of one key. */
    record Read(int key, long revision, KeyVersion seen, long callNanos, long returnNanos) implements ClientOperation {}
}
