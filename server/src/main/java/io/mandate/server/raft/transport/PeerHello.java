package io.mandate.server.raft.transport;

import io.netty.buffer.ByteBuf;
import java.util.UUID;

/**
 * How a node introduces itself on a new connection, before anything else is listened to.
 *
 * @param groups Raft groups that the node has, which must be as many on all
 * @param incarnation drawn when the node's disk was set up: an emptied disk is another incarnation of the same member
 * @param replacing whether the node says of itself that it lost its disk and wants its place back
 */
public record PeerHello(long clusterId, long memberId, int groups, UUID incarnation, boolean replacing) {
    static final int BYTES = 4 + 2 + 8 + 8 + 2 + 16 + 1;

    /** "MNDT": anything else on the port is a stranger. */
    private static final int MAGIC = 0x4d4e4454;

    private static final int PROTOCOL_VERSION = 2;

    void write(ByteBuf out) {
        out.writeInt(MAGIC).writeShort(PROTOCOL_VERSION).writeLong(clusterId).writeLong(memberId);
        out.writeShort(groups);
        out.writeLong(incarnation.getMostSignificantBits()).writeLong(incarnation.getLeastSignificantBits());
        out.writeBoolean(replacing);
    }

    /** Reads a hello; {@link TransportException} if it is none, or of a version this node does not speak. */
    static PeerHello read(ByteBuf in) {
        if (in.readableBytes() != BYTES || in.readInt() != MAGIC) {
            throw new TransportException("the connection does not begin with a hello of a Mandate node");
        }
        int version = in.readUnsignedShort();
        if (version != PROTOCOL_VERSION) {
            throw new TransportException("the node speaks peer protocol " + version + ", this one " + PROTOCOL_VERSION
                    + ": run the same release on all nodes");
        }
        return new PeerHello(
                in.readLong(),
                in.readLong(),
                in.readUnsignedShort(),
                new UUID(in.readLong(), in.readLong()),
                in.readBoolean());
    }
}
