package io.mandate.server.watch;

import io.mandate.keyspace.Keyspace;
import io.mandate.keyspace.api.Event;
import io.mandate.keyspace.api.HistoryPage;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The watchers that read history. Streams are served round robin, and so are the watchers within a stream: each time
 * one page of bounded size, and a bounded number of pages before the synced watchers are served again. So a slow
 * client, or one that is far behind, delays no other (etcd #15402, #16839, #17529). Confined to the hub's thread.
 */
final class UnsyncedWatchers {
    /** Events that one run reads: some milliseconds, by which a synced watcher may be delayed. */
    private static final int EVENTS_PER_RUN_MAX = 4_000;

    /** The size of the keys and values at which a message is sent; it ends with a whole revision, however large. */
    private static final long MESSAGE_BYTES_AIM = 1 << 20;

    /** Notified of a watcher's transitions. */
    interface UnsyncedListener {
        void sent(Watcher watcher);

        /** The watcher has caught up with the synced watchers. */
        void caughtUp(Watcher watcher);

        /** The next revision that the watcher would read was compacted. */
        void compacted(Watcher watcher, long compactedRevision);
    }

    private final Supplier<Keyspace> keyspace;
    private final UnsyncedListener listener;

    /** The streams with unsynced watchers whose client can receive messages. */
    private final Set<HubStream> readyStreams = new LinkedHashSet<>();

    UnsyncedWatchers(Supplier<Keyspace> keyspace, UnsyncedListener listener) {
        this.keyspace = keyspace;
        this.listener = listener;
    }

    void add(Watcher watcher, long nextRevision) {
        watcher.nextRevision = Math.max(watcher.nextRevision, nextRevision);
        watcher.unsynced = true;
        watcher.stream.unsynced.add(watcher);
        resume(watcher.stream);
    }

    void remove(Watcher watcher) {
        watcher.unsynced = false;
        watcher.stream.unsynced.remove(watcher);
    }

    void resume(HubStream stream) {
        if (!stream.unsynced.isEmpty() && stream.isReady()) {
            readyStreams.add(stream);
        }
    }

    boolean hasWork() {
        return !readyStreams.isEmpty();
    }

    /**
     * Reads a bounded number of pages.
     *
     * @param syncedRevision the revision up to which the synced watchers have received events
     */
    void read(long syncedRevision) {
        for (int budget = EVENTS_PER_RUN_MAX; budget > 0 && !readyStreams.isEmpty(); ) {
            HubStream stream = readyStreams.iterator().next();
            readyStreams.remove(stream);
            if (stream.unsynced.isEmpty() || !stream.isReady()) {
                continue; // resume() adds it when the client can receive more
            }
            Watcher watcher = stream.unsynced.iterator().next();
            budget -= watcher.pageEvents;
            stream.unsynced.remove(watcher);
            stream.unsynced.add(watcher); // to the tail of the stream's queue
            readPage(watcher, syncedRevision);
            if (!stream.unsynced.isEmpty()) {
                readyStreams.add(stream);
            }
        }
    }

    private void readPage(Watcher watcher, long syncedRevision) {
        HistoryPage page = keyspace.get().history(watcher.nextRevision, watcher.spec.keys(), watcher.pageEvents);
        if (page instanceof HistoryPage.Compacted compacted) {
            listener.compacted(watcher, compacted.compactedRevision());
            return;
        }
        HistoryPage.Events found = (HistoryPage.Events) page;
        if (sendWhileReady(watcher, found)) {
            watcher.nextRevision = Math.max(watcher.nextRevision, found.nextRevision());
            watcher.pageEvents = Math.min(Watcher.PAGE_EVENTS_MAX, 2 * watcher.pageEvents);
        } else {
            watcher.pageEvents = Math.max(1, watcher.pageEvents / 2);
        }
        if (watcher.nextRevision > syncedRevision) {
            remove(watcher);
            listener.caughtUp(watcher);
        }
    }

    /** Sends a page in messages of bounded size, whole revisions each; returns whether the whole page was sent. */
    private boolean sendWhileReady(Watcher watcher, HistoryPage.Events page) {
        List<Event> wanted = new Selections(page.events()).of(watcher.spec);
        int start = 0;
        long bytes = 0;
        for (int i = 0; i < wanted.size(); i++) {
            boolean newRevision =
                    i > 0 && wanted.get(i).revision() != wanted.get(i - 1).revision();
            if (newRevision && bytes >= MESSAGE_BYTES_AIM) {
                send(watcher, page.storeRevision(), wanted.subList(start, i));
                watcher.nextRevision = wanted.get(i).revision();
                start = i;
                bytes = 0;
                if (!watcher.stream.isReady()) {
                    return false;
                }
            }
            bytes += WatchHub.bytesOf(wanted.get(i));
        }
        if (start < wanted.size()) {
            send(watcher, page.storeRevision(), wanted.subList(start, wanted.size()));
        }
        return true;
    }

    private void send(Watcher watcher, long storeRevision, List<Event> events) {
        watcher.stream.send(sink -> sink.events(watcher.id, storeRevision, events));
        listener.sent(watcher);
    }
}
