package io.mandate.server.raft.transport;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import java.nio.ByteOrder;

/** Splits a connection's bytes into frames. Before the handshake only a small frame is accepted. */
final class FrameDecoder extends LengthFieldBasedFrameDecoder {
    private int bytesMax = Frame.FIRST_BYTES_MAX;

    FrameDecoder() {
        super(Frame.BYTES_MAX, 0, Frame.LENGTH_BYTES, 0, Frame.LENGTH_BYTES);
    }

    /** Called after the handshake. */
    void handshakeDone() {
        bytesMax = Frame.BYTES_MAX;
    }

    @Override
    protected long getUnadjustedFrameLength(ByteBuf bytes, int offset, int length, ByteOrder order) {
        long frame = super.getUnadjustedFrameLength(bytes, offset, length, order);
        if (frame < Frame.HEADER_BYTES || frame > bytesMax) {
            throw new TransportException("a frame of " + frame + " bytes where one of " + Frame.HEADER_BYTES + " to "
                    + bytesMax + " is allowed");
        }
        return frame;
    }
}
