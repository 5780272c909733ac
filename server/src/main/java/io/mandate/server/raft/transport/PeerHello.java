package io.mandate.server.raft.transport;

import io.netty.buffer.ByteBuf;
import java.util.UUID;

/**
 * The first message of a node on a new connection:
 *
 * <pre>
 *   magic (4) | lowest version (2) | cluster (8) | member (8) | groups (2) | incarnation (16) | replacing (1) |
 *   additions of later versions
 * </pre>
 *
 * The highest version is in the header of the frame, see {@link Frame#hello}. The format up to the versions never
 * changes, so that nodes can always report why they reject each other; the rest is read only by nodes with a common
 * version.
 *
 * @param versions the versions that the node speaks
 * @param groups the number of the node's Raft groups, which must be the same on all nodes
 * @param incarnation generated when the node's disk was initialized: an emptied disk gets another incarnation
 * @param replacing whether the node declares that it lost its disk and requests its readmission
 */
public record PeerHello(
        PeerVersions versions, long clusterId, long memberId, int groups, UUID incarnation, boolean replacing) {
    static final int BYTES = 4 + 2 + 8 + 8 + 2 + 16 + 1;

    /** "MNDT": identifies a Mandate node. */
    private static final int MAGIC = 0x4d4e4454;

    void write(ByteBuf out) {
        out.writeInt(MAGIC).writeShort(versions.lowest()).writeLong(clusterId).writeLong(memberId);
        out.writeShort(groups);
        out.writeLong(incarnation.getMostSignificantBits()).writeLong(incarnation.getLeastSignificantBits());
        out.writeBoolean(replacing);
    }

    /**
     * Reads a hello.
     *
     * @param highest the highest version that the other node speaks, 0 if it sends only one
     * @throws TransportException if the bytes are not a hello
     * @throws VersionsApartException if the nodes have no common version
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
            throw new TransportException("a hello with the invalid versions " + lowest + " to " + highest);
        }
        if (!own.overlaps(versions)) {
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
