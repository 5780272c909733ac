package io.mandate.keyspace.snapshot;

import io.mandate.keyspace.codec.Sink;
import io.mandate.keyspace.index.Version;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/**
 * What a snapshot looks like from outside.
 *
 * <pre>
 * snapshot := magic (8 bytes) version (int) frame*
 * frame    := length of payload (int) CRC-32C of frame number and payload (int) payload
 * payloads, joined := record*, of which one may reach over many frames
 * record   := length of what follows (int) type (byte) content
 * order    := HEADER MEMBER* ALARM* LEASE* (SESSION ANSWER*)* BASE* CHANGE* END
 * </pre>
 *
 * BASE records are the keys as they stood before the compacted revision, as far as they can still be seen at it; CHANGE
 * records are the history from the compacted revision on, deletes included. Which keys are attached to which lease
 * follows from them.
 *
 * <p>Version 1 is the only one so far. A change of the content of any record is a new version; versions read before
 * stay readable.
 */
final class SnapshotFormat {
    static final byte[] MAGIC = "MNDTSNAP".getBytes(StandardCharsets.US_ASCII);
    static final int VERSION = 1;
    static final int PREAMBLE_BYTES = 12;
    static final int FRAME_HEADER_BYTES = 8;

    /**
     * 256 KiB a frame, header included: small enough to be sent as one message, large enough that framing costs
     * nothing.
     */
    static final int FRAME_BYTES_MAX = 256 << 10;

    static final int HEADER = 1;
    static final int MEMBER = 2;
    static final int ALARM = 3;
    static final int LEASE = 4;
    static final int SESSION = 5;
    static final int ANSWER = 6;
    static final int BASE = 7;
    static final int CHANGE = 8;
    static final int END = 9;

    private SnapshotFormat() {}

    /** The number makes a frame that was lost, repeated or moved as wrong as a damaged one. */
    static int checksum(long frameNumber, ByteBuffer payload) {
        CRC32C crc = new CRC32C();
        crc.update(ByteBuffer.allocate(8).putLong(0, frameNumber));
        crc.update(payload.duplicate());
        return (int) crc.getValue();
    }

    static void version(Version version, Sink sink) {
        sink.octet(version.isTombstone() ? 1 : 0);
        sink.bytes(version.key());
        sink.number(version.modRevision());
        if (!version.isTombstone()) {
            sink.bytes(version.value());
            sink.number(version.modRevision() - version.createRevision());
            sink.number(version.version());
            sink.number(version.leaseId());
        }
    }
}
