package io.mandate.server.watch;

/** A place in history, and what is wanted of it. Belongs to the hub's thread. */
final class Watcher {
    /**
     * The first page of history is so many events long; each that could be sent makes the next one longer, up to the
     * most.
     */
    static final int PAGE_EVENTS_FIRST = 64;

    static final int PAGE_EVENTS_MAX = 1_000;

    final HubStream stream;
    final long id;
    final WatchSpec spec;

    /** Tells watchers apart where they are ordered. */
    final long serial;

    /** Everything wanted before this revision has been sent. For a live watcher it may be behind what it has seen. */
    long nextRevision;

    /** Whether it reads history, rather than being told as things happen. */
    boolean behind;

    int pageEvents = PAGE_EVENTS_FIRST;

    /** When it is to be told its progress, and when it stands in the schedule to be looked at: never later. */
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
     * The highest revision that can be promised: everything up to it that is wanted has been sent.
     *
     * @param liveRevision what live watchers have been told; this one is live
     * @param storeRevision no more than what exists is promised, though the watcher may begin in the future
     */
    long progress(long liveRevision, long storeRevision) {
        return Math.max(liveRevision, Math.min(nextRevision - 1, storeRevision));
    }
}
