package io.mandate.server.raft.transport;

/**
 * The versions of the peer protocol that a node speaks. Two nodes use the highest that both speak. A version stands for
 * all that one node gives another to read: messages, and what is in the entries of the log and in snapshots.
 *
 * @param lowest from 1
 * @param highest not below the lowest
 */
public record PeerVersions(int lowest, int highest) {
    /** What this release speaks. Version 2 is the first that was released. */
    public static final PeerVersions SUPPORTED = new PeerVersions(2, 2);

    /** They have two bytes on the wire. */
    private static final int VERSION_MAX = 0xffff;

    public PeerVersions {
        if (lowest < 1 || highest < lowest || highest > VERSION_MAX) {
            throw new IllegalArgumentException("versions " + lowest + " to " + highest
                    + " are no range of peer protocol versions, which are between 1 and " + VERSION_MAX);
        }
    }

    public boolean includes(int version) {
        return lowest <= version && version <= highest;
    }

    /** Whether there is a version that both speak. */
    boolean meets(PeerVersions other) {
        return lowest <= other.highest && other.lowest <= highest;
    }

    @Override
    public String toString() {
        return lowest == highest ? Integer.toString(lowest) : lowest + " to " + highest;
    }
}
