package io.mandate.server.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.Checksum;

/**
 * Writes records behind each other into the newest segment. Zeros are written ahead of them, so that a force finds the
 * file as large as before and has no metadata to write, but for once in a while. Used by one thread at a time.
 */
final class SegmentWriter {
    /** Gathered before it is written: most batches in one call. */
    private static final int BUFFER_BYTES = 128 << 10;

    /** How far ahead zeros are written: one force in a thousand small ones pays for it. */
    private static final int ZEROS_AHEAD_BYTES = 512 << 10;

    private final int segmentBytes;
    private final LogRecord format;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private final ByteBuffer zeros = ByteBuffer.allocateDirect(BUFFER_BYTES).asReadOnlyBuffer();
    private Segment segment;
    private int batchStart;
    private int flushed;
    private int position;
    private int zeroed;

    /**
     * Goes on writing a segment.
     *
     * @param position where; the file ends there
     */
    SegmentWriter(int segmentBytes, Checksum checksum, Segment segment, int position) {
        this.segmentBytes = segmentBytes;
        this.format = new LogRecord(checksum);
        this.segment = segment;
        begin(segment, position);
    }

    /** From now on, writes another segment. */
    void begin(Segment next, int from) {
        segment = next;
        batchStart = from;
        flushed = from;
        position = from;
        zeroed = from;
    }

    Segment segment() {
        return segment;
    }

    int position() {
        return position;
    }

    /** Whether a record fits the segment. */
    boolean hasRoom(int payloadBytes) {
        return position + LogRecord.bytes(payloadBytes) <= Segment.limit(segmentBytes);
    }

    /** Writes a record, not durably. Returns its location. */
    long put(RecordType type, int group, long index, byte[] payload) throws IOException {
        int offset = position;
        int bytes = LogRecord.bytes(payload.length);
        room(LogRecord.HEADER_BYTES);
        buffer.putInt(format.checksum(
                        segment.sequence, offset, type.code, group, index, batchStart, payload, 0, payload.length))
                .putInt(payload.length)
                .putInt(type.code)
                .putInt(group)
                .putLong(index)
                .putInt(batchStart);
        for (int from = 0; from < payload.length; ) {
            room(1);
            int part = Math.min(buffer.remaining(), payload.length - from);
            buffer.put(payload, from, part);
            from += part;
        }
        for (int padding = bytes - LogRecord.HEADER_BYTES - payload.length; padding > 0; padding--) {
            room(1);
            buffer.put((byte) 0);
        }
        position = offset + bytes;
        return Location.of(segment.sequence, offset, bytes);
    }

    private void room(int bytes) throws IOException {
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

    /** Returns when all that was put is on the disk. */
    void force() throws IOException {
        flush();
        if (position > zeroed) {
            zeroed = Math.min(Math.max(position, segmentBytes), position + ZEROS_AHEAD_BYTES);
            for (int from = position; from < zeroed; from += zeros.limit()) {
                zeros.clear().limit(Math.min(zeros.capacity(), zeroed - from));
                segment.file.write(zeros, from);
            }
        }
        segment.file.force();
        batchStart = position;
    }
}
