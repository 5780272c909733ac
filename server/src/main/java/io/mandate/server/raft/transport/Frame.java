package io.mandate.server.raft.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import java.nio.charset.StandardCharsets;

/**
 * What goes over a peer connection:
 *
 * <pre>
 *   length (4) | kind (1) | type (1) | call id (8) | payload (length - 10)
 * </pre>
 *
 * The type says how to read the payload: an engine message by its place in {@link EngineMessages}, or one of our own, from {@link #OWN_TYPES} on.
 */
final class Frame {
    /** Largest frame: well above an append of several entries and a chunk of a snapshot, and small enough to hold in memory. */
    static final int BYTES_MAX = 64 << 20;

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

    static LengthFieldBasedFrameDecoder decoder() {
        return new LengthFieldBasedFrameDecoder(BYTES_MAX, 0, LENGTH_BYTES, 0, LENGTH_BYTES);
    }

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
        return begin(allocator, kind, 0, callId, payload.length).writeBytes(payload);
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

    static ByteBuf hello(ByteBufAllocator allocator, byte kind, PeerHello hello) {
        ByteBuf frame = begin(allocator, kind, 0, 0, PeerHello.BYTES);
        hello.write(frame);
        return frame;
    }
}
