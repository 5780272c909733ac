package io.mandate.election.partition;

import java.util.Map;

/**
 * Who owned a partition when that was last seen.
 *
 * @param member the owner's name
 * @param token of its term: whoever forwards a request sends it along, so that an owner of later refuses what was meant
 *     for another
 * @param labels what the owner says of itself, such as its address; empty if it is not known (any more)
 */
public record PartitionOwner(int partition, String member, long token, Map<String, String> labels) {
    public PartitionOwner {
        labels = Map.copyOf(labels);
    }
}
