package io.mandate.election.partition;

import java.time.Instant;
import java.util.Optional;

/**
 * A partition as it was at one moment.
 *
 * @param planned who should own it; empty if nobody has room
 * @param owner who owns it; empty if nobody does
 * @param token of the owner's term; 0 for none
 * @param since when the owner learned that it owns it, by its clock; empty if that is not written down, or was not
 *     asked for
 * @param pinned where operators want it; empty if they did not say
 */
public record PartitionState(
        int partition,
        Optional<String> planned,
        Optional<String> owner,
        long token,
        Optional<Instant> since,
        Optional<String> pinned) {
    /** Whether it is on its way: owned by another member than planned, or by nobody. */
    public boolean isMoving() {
        return !planned.equals(owner);
    }
}
