package io.mandate.server.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.Checksum;
import org.jspecify.annotations.Nullable;

/**
 * The format of a record. Records are aligned to 8 bytes.
 *
 * <pre>
 *  0  checksum     CRC32C of the segment's sequence number, the record's offset, and all that follows
 *  4  length       of the payload
 *  8  type
 * 12  group
 * 16  index
 * 24  batch start  offset of the first record that was forced together with this one
 * 28  payload
 * </pre>
 *
 * <p>The checksum covers the position, so that only bytes written as a record at this position are accepted as one,
 * whatever clients store. The batch start distinguishes a torn write from a damaged disk: a write begins after the
 * force of the one before has returned, so everything before a batch of which a record is found had been forced.
 */
final class LogRecord {
    static final int HEADER_BYTES = 28;

    /**
     * The bytes that the checksum covers before the payload: sequence number, offset, and the header without the
     * checksum itself.
     */
    private static final int SUMMED_BYTES = 8 + 8 + HEADER_BYTES - 4;

    private final Checksum checksum;
    private final ByteBuffer summed = ByteBuffer.allocate(SUMMED_BYTES);

    LogRecord(Checksum checksum) {
        this.checksum = checksum;
    }

    /** The size of a record in a segment. */
    static int bytes(int payloadBytes) {
        return (HEADER_BYTES + payloadBytes + 7) & -8;
    }

    int checksum(
            long sequence,
            int offset,
            int type,
            int group,
            long index,
            int batchStart,
            byte[] payload,
            int from,
            int length) {
        summed.clear()
                .putLong(sequence)
                .putLong(offset)
                .putInt(length)
                .putInt(type)
                .putInt(group)
                .putLong(index)
                .putInt(batchStart);
        checksum.reset();
        checksum.update(summed.array(), 0, SUMMED_BYTES);
        checksum.update(payload, from, length);
        return (int) checksum.getValue();
    }

    /** A header whose checksum was verified. */
    record Header(RecordType type, int group, long index, int batchStart, int payloadBytes) {
        int bytes() {
            return LogRecord.bytes(payloadBytes);
        }
    }

    /**
     * The record at the buffer's position, null if it was not written at this position of the segment.
     *
     * @param bytes an array-backed buffer with at least a header
     */
    @Nullable
    Header parse(long sequence, int offset, ByteBuffer bytes) {
        int at = bytes.position();
        int length = bytes.getInt(at + 4);
        RecordType type = RecordType.of(bytes.getInt(at + 8));
        if (type == null || length < 0 || length > bytes.remaining() - HEADER_BYTES) {
            return null;
        }
        int group = bytes.getInt(at + 12);
        long index = bytes.getLong(at + 16);
        int batchStart = bytes.getInt(at + 24);
        int expected = checksum(
                sequence,
                offset,
                type.code,
                group,
                index,
                batchStart,
                bytes.array(),
                bytes.arrayOffset() + at + HEADER_BYTES,
                length);
        return expected == bytes.getInt(at) ? new Header(type, group, index, batchStart, length) : null;
    }

    /** Reads the payload of an entry. */
    byte[] read(LogDisk disk, Segment segment, long location, int group, long index) throws IOException {
        int offset = Location.offset(location);
        ByteBuffer bytes = ByteBuffer.allocate(Location.bytes(location));
        segment.file.read(bytes, offset);
        Header header = bytes.hasRemaining() ? null : parse(segment.sequence, offset, bytes.flip());
        if (header == null || header.group() != group || header.index() != index) {
            throw new DamagedLogException(disk, segment.name(), offset, "entry " + index + " of group " + group);
        }
        return Arrays.copyOfRange(bytes.array(), HEADER_BYTES, HEADER_BYTES + header.payloadBytes());
    }
}
