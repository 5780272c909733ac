package io.mandate.server.lease;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Questions about leases and their answers on the peer wire: ids of 8 bytes each; for each, remaining and granted time
 * of 8 bytes each.
 */
final class LeaseTimesCodec {
    private static final int ANSWER_BYTES = 2 * Long.BYTES;

    private LeaseTimesCodec() {}

    static byte[] question(List<Long> leaseIds) {
        ByteBuffer bytes = ByteBuffer.allocate(leaseIds.size() * Long.BYTES);
        leaseIds.forEach(bytes::putLong);
        return bytes.array();
    }

    /** @throws IllegalArgumentException if the length cannot be that of 1 to {@code max} questions */
    static List<Long> leaseIds(byte[] question, int max) {
        if (question.length == 0 || question.length % Long.BYTES != 0 || question.length / Long.BYTES > max) {
            throw new IllegalArgumentException(
                    question.length + " bytes are not 1 to " + max + " questions about leases");
        }
        ByteBuffer bytes = ByteBuffer.wrap(question);
        List<Long> ids = new ArrayList<>(question.length / Long.BYTES);
        while (bytes.hasRemaining()) {
            ids.add(bytes.getLong());
        }
        return ids;
    }

    static byte[] answer(List<LeaseTime> times) {
        ByteBuffer bytes = ByteBuffer.allocate(times.size() * ANSWER_BYTES);
        for (LeaseTime time : times) {
            bytes.putLong(time.remainingMillis()).putLong(time.grantedMillis());
        }
        return bytes.array();
    }

    /** @throws IllegalArgumentException if the length is not that of {@code count} answers */
    static List<LeaseTime> times(byte[] answer, int count) {
        if (answer.length != count * ANSWER_BYTES) {
            throw new IllegalArgumentException(
                    answer.length + " bytes do not answer " + count + " questions about leases");
        }
        ByteBuffer bytes = ByteBuffer.wrap(answer);
        List<LeaseTime> times = new ArrayList<>(count);
        while (bytes.hasRemaining()) {
            times.add(new LeaseTime(bytes.getLong(), bytes.getLong()));
        }
        return times;
    }
}
