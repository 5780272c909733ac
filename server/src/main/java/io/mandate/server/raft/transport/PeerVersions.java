package io.mandate.server.raft.transport;

/**
 * The versions of the peer protocol that a node speaks. Two nodes use the highest version that both speak. A version
 * covers everything that nodes exchange: messages, and the contents of log entries and snapshots.
 *
 * @param lowest at least 1
 * @param highest not below {@code lowest}
 */
public record PeerVersions(int lowest, int highest) {
    /** The versions of this release. Version 2 is the first released one. */
    public static final PeerVersions SUPPORTED = new PeerVersions(2, 2);

    /** Versions have two bytes on the wire. */
    private static final int VERSION_MAX = 0xffff;

    public PeerVersions {
        if (lowest < 1 || highest < lowest || highest > VERSION_MAX) {
            throw new IllegalArgumentException("versions " + lowest + " to " + highest
                    + " are not a range of peer protocol versions, which are between 1 and " + VERSION_MAX);
        }
    }

    public boolean includes(int version) {
        return lowest <= version && version <= highest;
    }

    /** Whether both have a common version. */
    boolean overlaps(PeerVersions other) {
        return lowest <= other.highest && other.lowest <= highest;
    }

    @Override
    public String toString() {
        return lowest == highest ? Integer.toString(lowest) : lowest + " to " + highest;
    }
}
