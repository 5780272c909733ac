package io.mandate.server.watch;

import io.mandate.keyspace.Event;
import java.util.List;

/**
 * Where the messages of one watch stream go. Calls come one at a time. When {@link #isReady} says no, the hub sends no
 * more events and keeps only each watcher's place in history, until {@link WatchStream#resumed} is called.
 */
public interface WatchSink {

    /** Whether events can be sent now without being queued without bound. */
    boolean isReady();

    /** The watcher exists; no event of it came before. {@code storeRevision} is the store's at that moment. */
    void created(long watchId, long storeRevision);

    /**
     * Events of whole revisions, in order, never of a revision sent before. Watchers that are told the same are given
     * the same list, one after the other, so that what was encoded for one can serve the next.
     *
     * @param revision what the message's header shall say
     */
    void events(long watchId, long revision, List<Event> events);

    /** Everything up to {@code revision} that this watcher wanted has been sent. */
    void progress(long watchId, long revision);

    /** Everything up to {@code revision} that any watcher of this stream wanted has been sent. */
    void progressOfAll(long revision);

    /** The watcher is gone, as the client wished. */
    void canceled(long watchId, long storeRevision);

    /** The watcher is gone: what it was to be told next has been taken by compaction. */
    void overtaken(long watchId, long compactedRevision);
}
