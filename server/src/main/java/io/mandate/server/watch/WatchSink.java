package io.mandate.server.watch;

import io.mandate.keyspace.api.Event;
import java.util.List;

/**
 * Receives the messages of one watch stream. Calls do not overlap. While {@link #isReady} is false the hub sends no
 * events and keeps only each watcher's revision, until {@link WatchStream#resumed} is called.
 */
public interface WatchSink {

    /** Whether an event can be sent now without being buffered. */
    boolean isReady();

    /** The watcher was created; its events follow. {@code storeRevision} is the store's at its creation. */
    void created(long watchId, long storeRevision);

    /**
     * Events of whole revisions, in order, each revision once. Watchers with the same events get the same list, one
     * after the other, so that the encoding for one can be reused for the next.
     *
     * @param revision the revision for the message's header
     */
    void events(long watchId, long revision, List<Event> events);

    /** All events up to {@code revision} that this watcher selects have been sent. */
    void progress(long watchId, long revision);

    /** All events up to {@code revision} that any watcher of this stream selects have been sent. */
    void streamProgress(long revision);

    /** The watcher was removed on the client's request. */
    void canceled(long watchId, long storeRevision);

    /** The watcher was removed: its next revision was compacted. */
    void compacted(long watchId, long compactedRevision);
}
