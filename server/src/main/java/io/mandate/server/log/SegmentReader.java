package io.mandate.server.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Reads a segment sequentially through a window, so that recovery does not need memory for a whole file. */
final class SegmentReader {
    private static final int WINDOW_BYTES = 256 << 10;

    private final LogFile file;
    private final long sequence;
    private final LogRecord format;
    private final int size;
    private ByteBuffer window = ByteBuffer.allocate(WINDOW_BYTES).limit(0);
    private int windowStart;

    SegmentReader(LogFile file, long sequence, LogRecord format) throws IOException {
        this.file = file;
        this.sequence = sequence;
        this.format = format;
        this.size = (int) Math.min(file.size(), Location.OFFSET_MAX);
    }

    int size() {
        return size;
    }

    /** The record at an offset, null if there is none. */
    LogRecord.@Nullable Header at(int offset) throws IOException {
        if (!fill(offset, LogRecord.HEADER_BYTES)) {
            return null;
        }
        if (RecordType.of(window.getInt(offset - windowStart + 8)) == null) {
            return null;
        }
        int payloadBytes = window.getInt(offset - windowStart + 4);
        if (payloadBytes < 0
                || payloadBytes > Location.BYTES_MAX
                || !fill(offset, LogRecord.HEADER_BYTES + payloadBytes)) {
            return null;
        }
        return format.parse(sequence, offset, window.position(offset - windowStart));
    }

    /** The payload of the record that was read last. */
    byte[] payload(int offset, LogRecord.Header header) {
        int from = window.arrayOffset() + offset - windowStart + LogRecord.HEADER_BYTES;
        return Arrays.copyOfRange(window.array(), from, from + header.payloadBytes());
    }

    /**
     * Whether the bytes at {@code offset} had been forced once: a later record belongs to a batch that started after
     * them.
     */
    boolean wasForced(int offset) throws IOException {
        for (int at = offset + 8; at < size; at += 8) {
            LogRecord.Header header = at(at);
            if (header != null && header.batchStart() > offset) {
                return true;
            }
        }
        return false;
    }

    /** Whether any byte from {@code offset} on is not zero. */
    boolean hasNonZero(int offset) throws IOException {
        for (int at = offset; at < size; at++) {
            if (!fill(at, 1) || window.get(at - windowStart) != 0) {
                return true;
            }
        }
        return false;
    }

    private boolean fill(int offset, int bytes) throws IOException {
        if (offset + (long) bytes > size) {
            return false;
        }
        if (offset < windowStart || offset + bytes > windowStart + window.limit()) {
            window = window.capacity() >= bytes ? window.clear() : ByteBuffer.allocate(bytes);
            window.limit(Math.min(window.capacity(), size - offset));
            file.read(window, offset);
            if (window.hasRemaining()) {
                throw new IOException(
                        "the file ended at byte " + (offset + window.position()) + " although its size is " + size);
            }
            windowStart = offset;
            window.flip();
        }
        window.position(0);
        return true;
    }
}
