package io.mandate.server.raft.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.Test;

/** A length is validated on arrival, before the decoder waits for the announced bytes. */
class FrameDecoderTest {
    private final FrameDecoder decoder = new FrameDecoder();
    private final EmbeddedChannel channel = new EmbeddedChannel(decoder);

    private void assertRefused(int length) {
        assertThatThrownBy(() -> channel.writeInbound(Unpooled.buffer().writeInt(length)))
                .hasCauseInstanceOf(TransportException.class)
                .hasMessageContaining("a frame of");
    }

    @Test
    void beforeTheHandshakeOnlyASmallFrameIsAccepted() {
        assertRefused(Frame.FIRST_BYTES_MAX + 1);
    }

    @Test
    void afterTheHandshakeALargeFrameIsAcceptedUpToTheLimit() {
        decoder.handshakeDone();
        assertThat(channel.writeInbound(Unpooled.buffer().writeInt(Frame.FIRST_BYTES_MAX + 1)))
                .isFalse();
        EmbeddedChannel other = new EmbeddedChannel(new FrameDecoder());
        assertThat(other.writeInbound(
                        Unpooled.buffer().writeInt(Frame.HEADER_BYTES).writeZero(Frame.HEADER_BYTES)))
                .isTrue();
    }

    @Test
    void aFrameWithoutAWholeHeaderIsRefused() {
        assertRefused(Frame.HEADER_BYTES - 1);
    }
}
