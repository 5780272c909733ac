package io.mandate.server.lease;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Requests about leases and their responses on the peer wire. A request is lease ids of 8 bytes each; its response has,
 * for each, the remaining and the granted time in milliseconds, of 8 bytes each.
 */
final class LeaseTimesCodec {
    private static final int LEASE_TIME_BYTES = 2 * Long.BYTES;

    private LeaseTimesCodec() {}

    static byte[] encodeRequest(List<Long> leaseIds) {
        ByteBuffer bytes = ByteBuffer.allocate(leaseIds.size() * Long.BYTES);
        leaseIds.forEach(bytes::putLong);
        return bytes.array();
    }

    /** @throws IllegalArgumentException if the length is not that of 1 to {@code max} lease ids */
    static List<Long> decodeRequest(byte[] request, int max) {
        if (request.length == 0 || request.length % Long.BYTES != 0 || request.length / Long.BYTES > max) {
            throw new IllegalArgumentException(
                    "a lease request of " + request.length + " bytes does not hold 1 to " + max + " lease ids");
        }
        ByteBuffer bytes = ByteBuffer.wrap(request);
        List<Long> ids = new ArrayList<>(request.length / Long.BYTES);
        while (bytes.hasRemaining()) {
            ids.add(bytes.getLong());
        }
        return ids;
    }

    static byte[] encodeResponse(List<LeaseTime> times) {
        ByteBuffer bytes = ByteBuffer.allocate(times.size() * LEASE_TIME_BYTES);
        for (LeaseTime time : times) {
            bytes.putLong(time.remainingMillis()).putLong(time.grantedMillis());
        }
        return bytes.array();
    }

    /** @throws IllegalArgumentException if the length is not that of {@code count} lease times */
    static List<LeaseTime> decodeResponse(byte[] response, int count) {
        if (response.length != count * LEASE_TIME_BYTES) {
            throw new IllegalArgumentException(
                    "a lease response of " + response.length + " bytes does not hold " + count + " lease times");
        }
        ByteBuffer bytes = ByteBuffer.wrap(response);
        List<LeaseTime> times = new ArrayList<>(count);
        while (bytes.hasRemaining()) {
            times.add(new LeaseTime(bytes.getLong(), bytes.getLong()));
        }
        return times;
    }
}
