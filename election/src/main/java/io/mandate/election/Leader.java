package io.mandate.election;

import io.mandate.election.store.Entry;

/**
 * Who led an election at one moment: to be shown or called, never to act upon.
 *
 * @param candidate as it called itself
 * @param token of its term
 */
public record Leader(String candidate, long token) {
    /** The one whose entry is first in the queue. */
    static Leader of(Entry first) {
        return new Leader(first.value(), first.creation());
    }
}
