package io.mandate.server.etcd.call;

/**
 * Limits of the etcd API.
 *
 * @param requestBytesMax the largest encoded request; gRPC accepts {@link #MESSAGE_BYTES_SLACK} more, so that a
 *     slightly larger request gets etcd's error
 * @param transactionOperationsMax the most operations in one transaction
 * @param quotaBytes the size of a group's data beyond which writes are refused
 * @param electionTimeoutMillis the interval of the leader check for streams that require a leader: they end after three
 *     without one
 */
public record EtcdApiOptions(
        int requestBytesMax, int transactionOperationsMax, long quotaBytes, long electionTimeoutMillis) {

    /**
     * The version of etcd that is reported to clients. Its API is the one served, and an apiserver relies on its watch
     * progress (3.4.31 or newer, and not 3.5.0 to 3.5.12).
     */
    public static final String ETCD_VERSION = "3.5.30";

    /** etcd's difference between the largest message and the largest request. */
    public static final int MESSAGE_BYTES_SLACK = 512 << 10;

    /** The largest gRPC message, and the largest fragment of a watch response. */
    public int messageBytesMax() {
        return requestBytesMax + MESSAGE_BYTES_SLACK;
    }
}
