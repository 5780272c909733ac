package io.mandate.election.internal.candidacy;

import io.mandate.election.store.Entry;
import java.util.List;

/**
 * This candidate's key in the queue of an election.
 *
 * @param creation version at which it was created: the fencing token
 */
record QueueEntry(String key, long creation) {
    /** The index among entries in the order of creation; -1 if it is not among them. */
    int indexIn(List<Entry> candidates) {
        for (int index = 0; index < candidates.size(); index++) {
            if (is(candidates.get(index))) {
                return index;
            }
        }
        return -1;
    }

    /**
     * Whether it was rewritten without a lease by another client, so that it does not count as a candidate any more.
     */
    boolean isWithoutLeaseIn(List<Entry> entries) {
        return entries.stream().anyMatch(entry -> is(entry) && entry.leaseId() == 0);
    }

    private boolean is(Entry entry) {
        return entry.key().equals(key) && entry.creation() == creation;
    }
}
