package io.mandate.election.guard.http;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPInputStream;

/**
 * Content as gzip (RFC 1952) with the id of its write in the header's comment, so that no two writes store the same
 * bytes and a hash of them names one write.
 */
final class Stamp {
    private static final byte FLAG_COMMENT = 0x10;
    private static final byte SYSTEM_UNKNOWN = (byte) 0xff;

    private Stamp() {}

    static byte[] pack(byte[] content, String writeId) {
        ByteArrayOutputStream packed = new ByteArrayOutputStream(content.length / 2 + 128);
        packed.writeBytes(header(writeId));
        Deflater deflater = new Deflater(Deflater.BEST_SPEED, true);
        try (DeflaterOutputStream deflated = new DeflaterOutputStream(packed, deflater)) {
            deflated.write(content);
        } catch (IOException memoryDoesNotFail) {
            throw new AssertionError(memoryDoesNotFail);
        } finally {
            deflater.end();
        }
        CRC32 crc = new CRC32();
        crc.update(content);
        packed.writeBytes(ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt((int) crc.getValue())
                .putInt(content.length)
                .array());
        return packed.toByteArray();
    }

    /** Whether these bytes were packed by that write. */
    static boolean isOn(byte[] stored, String writeId) {
        byte[] header = header(writeId);
        return stored.length >= header.length && Arrays.equals(stored, 0, header.length, header, 0, header.length);
    }

    /** The content; empty if it is longer than the bound. */
    static Optional<byte[]> unpack(byte[] stored, int bytesMax) throws IOException {
        try (GZIPInputStream content = new GZIPInputStream(new ByteArrayInputStream(stored))) {
            byte[] bytes = content.readNBytes(bytesMax);
            return content.read() < 0 ? Optional.of(bytes) : Optional.empty();
        }
    }

    private static byte[] header(String writeId) {
        byte[] comment = ("mandate " + writeId).getBytes(StandardCharsets.ISO_8859_1);
        return ByteBuffer.allocate(10 + comment.length + 1)
                .put(new byte[] {0x1f, (byte) 0x8b, Deflater.DEFLATED, FLAG_COMMENT, 0, 0, 0, 0, 0, SYSTEM_UNKNOWN})
                .put(comment)
                .put((byte) 0)
                .array();
    }
}
