package io.mandate.server.watch;

/** A cursor into history, with the options of the watch. Confined to the hub's thread. */
final class Watcher {
    /** The events in the first page of history. Each page that was sent doubles the next one, up to the maximum. */
    static final int PAGE_EVENTS_FIRST = 64;

    static final int PAGE_EVENTS_MAX = 1_000;

    final HubStream stream;
    final long id;
    final WatchSpec spec;

    /** Breaks ties in the progress schedule. */
    final long serial;

    /**
     * All selected events before this revision have been sent. A synced watcher may have seen later revisions without
     * events for it.
     */
    long nextRevision;

    /** Whether the watcher reads history, instead of receiving events as they are applied. */
    boolean unsynced;

    int pageEvents = PAGE_EVENTS_FIRST;

    /**
     * When a progress notification is due, and the time under which the watcher is queued in the schedule, which is
     * never later.
     */
    long progressDueNanos;

    long progressQueuedNanos;

    Watcher(HubStream stream, long id, WatchSpec spec, long serial, long nextRevision) {
        this.stream = stream;
        this.id = id;
        this.spec = spec;
        this.serial = serial;
        this.nextRevision = nextRevision;
    }

    /**
     * The highest revision up to which all selected events have been sent.
     *
     * @param syncedRevision the revision that synced watchers have received; this watcher is synced
     * @param storeRevision the store's revision, an upper bound of the result for a watcher with a later start
     */
    long progress(long syncedRevision, long storeRevision) {
        return Math.max(syncedRevision, Math.min(nextRevision - 1, storeRevision));
    }
}
