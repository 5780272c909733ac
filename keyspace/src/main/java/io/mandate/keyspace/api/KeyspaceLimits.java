package io.mandate.keyspace.api;

/**
 * Bounds of what the keyspace keeps beside the keys. They are part of the replicated decision, so all nodes of a
 * cluster must have the same.
 *
 * @param answersPerSessionMax answers kept per session for retries; older ones are forgotten and their retry is refused
 * @param answerBytesMax bytes of answers kept over all sessions; beyond, the longest-kept are forgotten
 */
public record KeyspaceLimits(int answersPerSessionMax, long answerBytesMax) {

    /** 256 answers a session (more than a client keeps in flight) and 64 MiB in all. */
    public static final KeyspaceLimits DEFAULT = new KeyspaceLimits(256, 64L << 20);

    public KeyspaceLimits {
        if (answersPerSessionMax < 1 || answerBytesMax < 0) {
            throw new IllegalArgumentException("answersPerSessionMax " + answersPerSessionMax
                    + " must be 1 or more, answerBytesMax " + answerBytesMax + " 0 or more");
        }
    }
}
