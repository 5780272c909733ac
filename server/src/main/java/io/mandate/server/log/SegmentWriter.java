package io.mandate.server.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.Checksum;

/**
 * Appends records to the newest segment. Zeros are written ahead of them, so that most forces do not change the file's
 * size and need not write metadata. Used by one thread at a time.
 */
final class SegmentWriter {
    /** The write buffer: most batches take one call. */
    private static final int BUFFER_BYTES = 128 << 10;

    /** How far ahead zeros are written; the cost is spread over a thousand small forces. */
    private static final int ZEROS_AHEAD_BYTES = 512 << 10;

    private final int segmentBytes;
    private final LogRecord format;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private final ByteBuffer zeros = ByteBuffer.allocateDirect(BUFFER_BYTES).asReadOnlyBuffer();
    private Segment segment;
    private int batchStart;
    private int flushed;
    private int position;
    private int zeroedEnd;

    /**
     * Continues a segment.
     *
     * @param position the offset of the next record; the file ends there
     */
    SegmentWriter(int segmentBytes, Checksum checksum, Segment segment, int position) {
        this.segmentBytes = segmentBytes;
        this.format = new LogRecord(checksum);
        this.segment = segment;
        switchTo(segment, position);
    }

    /** Continues with another segment. */
    void switchTo(Segment next, int from) {
        segment = next;
        batchStart = from;
        flushed = from;
        position = from;
        zeroedEnd = from;
    }

    Segment segment() {
        return segment;
    }

    int position() {
        return position;
    }

    /** Whether a record fits into the segment. */
    boolean hasRoom(int payloadBytes) {
        return position + LogRecord.bytes(payloadBytes) <= Segment.limit(segmentBytes);
    }

    /** Appends a record, which is not durable yet; returns its location. */
    long put(RecordType type, int group, long index, byte[] payload) throws IOException {
        int offset = position;
        int bytes = LogRecord.bytes(payload.length);
        ensureRemaining(LogRecord.HEADER_BYTES);
        buffer.putInt(format.checksum(
                        segment.sequence, offset, type.code, group, index, batchStart, payload, 0, payload.length))
                .putInt(payload.length)
                .putInt(type.code)
                .putInt(group)
                .putLong(index)
                .putInt(batchStart);
        for (int from = 0; from < payload.length; ) {
            ensureRemaining(1);
            int part = Math.min(buffer.remaining(), payload.length - from);
            buffer.put(payload, from, part);
            from += part;
        }
        for (int padding = bytes - LogRecord.HEADER_BYTES - payload.length; padding > 0; padding--) {
            ensureRemaining(1);
            buffer.put((byte) 0);
        }
        position = offset + bytes;
        return Location.of(segment.sequence, offset, bytes);
    }

    private void ensureRemaining(int bytes) throws IOException {
        if (buffer.remaining() < bytes) {
            flush();
        }
    }

    private void flush() throws IOException {
        buffer.flip();
        int count = buffer.remaining();
        segment.file.write(buffer, flushed);
        buffer.clear();
        flushed += count;
    }

    /** Returns when all appended records are on the disk. */
    void force() throws IOException {
        flush();
        if (position > zeroedEnd) {
            zeroedEnd = Math.min(Math.max(position, segmentBytes), position + ZEROS_AHEAD_BYTES);
            for (int from = position; from < zeroedEnd; from += zeros.limit()) {
                zeros.clear().limit(Math.min(zeros.capacity(), zeroedEnd - from));
                segment.file.write(zeros, from);
            }
        }
        segment.file.force();
        batchStart = position;
    }
}
