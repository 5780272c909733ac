package io.mandate.server.etcd;

/**
 * Bounds and names of the etcd door.
 *
 * @param requestBytesMax largest encoded request; gRPC takes {@link #MESSAGE_BYTES_SLACK} more, so that the refusal can
 *     be a proper one
 * @param transactionOperationsMax most operations in one transaction
 * @param quotaBytes size of one group's data beyond which writes are refused
 * @param electionTimeoutMillis what clients that require a leader wait three of
 */
public record EtcdApiOptions(
        int requestBytesMax, int transactionOperationsMax, long quotaBytes, long electionTimeoutMillis) {

    /**
     * The version of etcd that clients shall take this for: one whose watch progress an apiserver relies on (3.4.31 or
     * newer, and not 3.5.0 to 3.5.12), and whose API this is.
     */
    public static final String ETCD_VERSION = "3.5.30";

    /** etcd's slack between the largest request and the largest message. */
    public static final int MESSAGE_BYTES_SLACK = 512 << 10;

    /** Largest gRPC message, and largest fragment of a watch's answer. */
    public int messageBytesMax() {
        return requestBytesMax + MESSAGE_BYTES_SLACK;
    }
}
