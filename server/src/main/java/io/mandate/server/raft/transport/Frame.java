package io.mandate.server.raft.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;

/**
 * The frames of a peer connection:
 *
 * <pre>
 *   length (4) | kind (1) | type (1) | call id (8) | payload (length - 10)
 * </pre>
 *
 * The type determines the payload: an engine message by its position in {@link EngineMessages}, or one of our own, from
 * {@link #OWN_TYPES} on.
 */
final class Frame {
    /**
     * The largest frame: well above an append of several entries and a chunk of a snapshot, and small enough for
     * memory.
     */
    static final int BYTES_MAX = 64 << 20;

    /** The largest frame before the handshake: a hello, or the reason of a rejection. */
    static final int FIRST_BYTES_MAX = 2 << 10;

    /** The largest text from another node that is logged or passed on; longer ones are truncated. */
    static final int TEXT_BYTES_MAX = 1 << 10;

    static final int LENGTH_BYTES = 4;
    static final int HEADER_BYTES = 1 + 1 + 8;

    static final int GROUP_BYTES = 2;

    /** The first type code of our own messages. */
    static final int OWN_TYPES = 64;

    static final byte KIND_HELLO = 1;
    static final byte KIND_WELCOME = 2;
    static final byte KIND_REFUSED = 3;
    static final byte KIND_REQUEST = 4;
    static final byte KIND_RESPONSE = 5;
    static final byte KIND_FAILURE = 6;

    private Frame() {}

    /** Creates a frame with its header, to which exactly {@code payloadBytes} must be added. */
    static ByteBuf begin(ByteBufAllocator allocator, byte kind, int type, long callId, int payloadBytes) {
        int length = HEADER_BYTES + payloadBytes;
        if (length > BYTES_MAX) {
            throw new TransportException(
                    "a message of " + payloadBytes + " bytes is larger than a frame of " + BYTES_MAX);
        }
        ByteBuf frame = allocator.buffer(LENGTH_BYTES + length);
        return frame.writeInt(length).writeByte(kind).writeByte(type).writeLong(callId);
    }

    static ByteBuf text(ByteBufAllocator allocator, byte kind, long callId, String text) {
        byte[] payload = text.getBytes(StandardCharsets.UTF_8);
        int size = Math.min(payload.length, TEXT_BYTES_MAX);
        return begin(allocator, kind, 0, callId, size).writeBytes(payload, 0, size);
    }

    /** The text of another node, as one line of bounded length, for the log. */
    static String text(ByteBuf payload) {
        int size = Math.min(payload.readableBytes(), TEXT_BYTES_MAX);
        return payload.toString(payload.readerIndex(), size, StandardCharsets.UTF_8)
                .replaceAll("\\p{Cntrl}", " ");
    }

    static ByteBuf bytes(ByteBufAllocator allocator, byte kind, int type, long callId, byte[] payload) {
        return begin(allocator, kind, type, callId, payload.length).writeBytes(payload);
    }

    /** Creates one of our own messages to a group on another node. */
    static ByteBuf toGroup(ByteBufAllocator allocator, int type, long callId, int group, byte[] payload) {
        return begin(allocator, KIND_REQUEST, type, callId, GROUP_BYTES + payload.length)
                .writeShort(group)
                .writeBytes(payload);
    }

    /**
     * Creates a hello, with the highest version in the place of the call id, which nodes with a single version ignore.
     */
    static ByteBuf hello(ByteBufAllocator allocator, byte kind, PeerHello hello) {
        ByteBuf frame = begin(allocator, kind, 0, hello.versions().highest(), PeerHello.BYTES);
        hello.write(frame);
        return frame;
    }
}
