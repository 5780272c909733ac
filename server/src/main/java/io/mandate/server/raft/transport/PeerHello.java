package io.mandate.server.raft.transport;

import io.netty.buffer.ByteBuf;
import java.util.UUID;

/**
 * How a node introduces itself on a new connection, before anything else is listened to:
 *
 * <pre>
 *   magic (4) | lowest version (2) | cluster (8) | member (8) | groups (2) | incarnation (16) | replacing (1) | what
 *   later versions add
 * </pre>
 *
 * The highest version is in the header of the frame, see {@link Frame#hello}. Up to there this never changes, or nodes
 * could not tell each other why they refuse; what stands behind the versions is read only by those that have one in
 * common.
 *
 * @param versions that the node speaks
 * @param groups Raft groups that the node has, which must be as many on all
 * @param incarnation drawn when the node's disk was set up: an emptied disk is another incarnation of the same member
 * @param replacing whether the node says of itself that it lost its disk and wants its place back
 */
public record PeerHello(
        PeerVersions versions, long clusterId, long memberId, int groups, UUID incarnation, boolean replacing) {
    static final int BYTES = 4 + 2 + 8 + 8 + 2 + 16 + 1;

    /** "MNDT": anything else on the port is a stranger. */
    private static final int MAGIC = 0x4d4e4454;

    void write(ByteBuf out) {
        out.writeInt(MAGIC).writeShort(versions.lowest()).writeLong(clusterId).writeLong(memberId);
        out.writeShort(groups);
        out.writeLong(incarnation.getMostSignificantBits()).writeLong(incarnation.getLeastSignificantBits());
        out.writeBoolean(replacing);
    }

    /**
     * Reads a hello; {@link TransportException} if it is none, and {@link VersionsApartException} if it is of a node
     * that speaks no version that this one speaks.
     *
     * @param highest the highest version the other node speaks, 0 if it says only one
     */
    static PeerHello read(ByteBuf in, long highest, PeerVersions own) {
        if (in.readableBytes() < BYTES || in.readInt() != MAGIC) {
            throw new TransportException("the connection does not begin with a hello of a Mandate node");
        }
        int lowest = in.readUnsignedShort();
        PeerVersions versions;
        try {
            versions = new PeerVersions(lowest, highest == 0 ? lowest : Math.toIntExact(highest));
        } catch (IllegalArgumentException | ArithmeticException wrong) {
            throw new TransportException("a hello with the versions " + lowest + " to " + highest);
        }
        if (!own.meets(versions)) {
            throw new VersionsApartException(versions, own);
        }
        return new PeerHello(
                versions,
                in.readLong(),
                in.readLong(),
                in.readUnsignedShort(),
                new UUID(in.readLong(), in.readLong()),
                in.readBoolean());
    }
}
