package io.mandate.server.raft.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;

/**
 * What goes over a peer connection:
 *
 * <pre>
 *   length (4) | kind (1) | type (1) | call id (8) | payload (length - 10)
 * </pre>
 *
 * The type says how to read the payload: an engine message by its place in {@link EngineMessages}, or one of our own,
 * from {@link #OWN_TYPES} on.
 */
final class Frame {
    /**
     * Largest frame: well above an append of several entries and a chunk of a snapshot, and small enough to hold in
     * memory.
     */
    static final int BYTES_MAX = 64 << 20;

    /** Largest frame before a node is known: a hello, or the reason of a refusal. */
    static final int FIRST_BYTES_MAX = 2 << 10;

    /** Texts from another node that are logged or passed on: what is behind that says no more. */
    static final int TEXT_BYTES_MAX = 1 << 10;

    static final int LENGTH_BYTES = 4;
    static final int HEADER_BYTES = 1 + 1 + 8;

    static final int GROUP_BYTES = 2;

    /** Type codes from here on are not the engine's. */
    static final int OWN_TYPES = 64;

    static final byte KIND_HELLO = 1;
    static final byte KIND_WELCOME = 2;
    static final byte KIND_REFUSED = 3;
    static final byte KIND_REQUEST = 4;
    static final byte KIND_RESPONSE = 5;
    static final byte KIND_FAILURE = 6;

    private Frame() {}

    /** A buffer with the header written, to which exactly {@code payloadBytes} must be added. */
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

    /** The text of another node, in one line and of bounded length: it goes into logs. */
    static String text(ByteBuf payload) {
        int size = Math.min(payload.readableBytes(), TEXT_BYTES_MAX);
        return payload.toString(payload.readerIndex(), size, StandardCharsets.UTF_8)
                .replaceAll("\\p{Cntrl}", " ");
    }

    static ByteBuf bytes(ByteBufAllocator allocator, byte kind, int type, long callId, byte[] payload) {
        return begin(allocator, kind, type, callId, payload.length).writeBytes(payload);
    }

    /** A message of our own to another node's part of a group. */
    static ByteBuf toGroup(ByteBufAllocator allocator, int type, long callId, int group, byte[] payload) {
        return begin(allocator, KIND_REQUEST, type, callId, GROUP_BYTES + payload.length)
                .writeShort(group)
                .writeBytes(payload);
    }

    /**
     * A hello, with the highest version in the place of the call id, at which nodes that speak only one do not look.
     */
    static ByteBuf hello(ByteBufAllocator allocator, byte kind, PeerHello hello) {
        ByteBuf frame = begin(allocator, kind, 0, hello.versions().highest(), PeerHello.BYTES);
        hello.write(frame);
        return frame;
    }
}
