package io.mandate.election.partition;

import java.util.Map;

/**
 * A member as it was at one moment.
 *
 * @param capacity most partitions it takes; {@link Integer#MAX_VALUE} for any number
 * @param zone empty for none
 * @param draining whether it is to own nothing, by its own wish or an operator's
 * @param planned how many partitions it should own
 * @param owned how many it owns
 */
public record MemberState(
        String name,
        int weight,
        int capacity,
        String zone,
        boolean draining,
        Map<String, String> labels,
        int planned,
        int owned) {
    public MemberState {
        labels = Map.copyOf(labels);
    }
}
