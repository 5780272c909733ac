package io.mandate.keyspace.api;

import java.util.List;

/** A stretch of the keyspace's history, or the news that compaction has taken its beginning. */
public sealed interface HistoryPage {

    /**
     * Events in order, whole revisions only.
     *
     * @param nextRevision where to go on; everything before it that was asked for is in {@code events}
     * @param storeRevision the latest revision when the page was read
     */
    record Events(List<Event> events, long nextRevision, long storeRevision) implements HistoryPage {
        public Events {
            events = List.copyOf(events);
        }

        /** Whether the page reaches the latest revision there was. */
        public boolean isCaughtUp() {
            return nextRevision > storeRevision;
        }
    }

    /** The revision asked for is older than {@code compactedRevision}. */
    record Compacted(long compactedRevision) implements HistoryPage {}
}
