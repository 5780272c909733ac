package io.mandate.server.watch;

import io.mandate.keyspace.Event;
import io.mandate.keyspace.HistoryPage;
import io.mandate.keyspace.Keyspace;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The watchers that read history. Streams take turns, and so do the watchers within a stream; a turn is one bounded
 * page, and only so many pages are read before the live watchers are served again. So neither a slow client nor one
 * that is far behind holds anybody up (etcd #15402, #16839, #17529). Belongs to the hub's thread.
 */
final class BehindWatchers {
    /** Events looked at in one go: some milliseconds, which is what a live watcher may have to wait. */
    private static final int EVENTS_PER_ROUND_MAX = 4_000;

    /**
     * A message is sent when its keys and values have reached this size; it ends with a whole revision, however large.
     */
    private static final long MESSAGE_BYTES_AIM = 1 << 20;

    /** What becomes of a watcher that reads. */
    interface Outcome {
        void told(Watcher watcher);

        /** The watcher has read all there is for it to read. */
        void caughtUp(Watcher watcher);

        /** Compaction has taken what the watcher was to read next. */
        void overtaken(Watcher watcher, long compactedRevision);
    }

    private final Supplier<Keyspace> keyspace;
    private final Outcome outcome;

    /** Streams with watchers that are behind, and a client that can take something. */
    private final Set<HubStream> turns = new LinkedHashSet<>();

    BehindWatchers(Supplier<Keyspace> keyspace, Outcome outcome) {
        this.keyspace = keyspace;
        this.outcome = outcome;
    }

    void add(Watcher watcher, long nextRevision) {
        watcher.nextRevision = Math.max(watcher.nextRevision, nextRevision);
        watcher.behind = true;
        watcher.stream.behind.add(watcher);
        resume(watcher.stream);
    }

    void remove(Watcher watcher) {
        watcher.behind = false;
        watcher.stream.behind.remove(watcher);
    }

    void resume(HubStream stream) {
        if (!stream.behind.isEmpty() && stream.isReady()) {
            turns.add(stream);
        }
    }

    boolean hasTurns() {
        return !turns.isEmpty();
    }

    /** Reads some pages; {@code liveRevision} is what the live watchers have been told. */
    void read(long liveRevision) {
        for (int budget = EVENTS_PER_ROUND_MAX; budget > 0 && !turns.isEmpty(); ) {
            HubStream stream = turns.iterator().next();
            turns.remove(stream);
            if (stream.behind.isEmpty() || !stream.isReady()) {
                continue; // it is resumed when the client can take more
            }
            Watcher watcher = stream.behind.iterator().next();
            budget -= watcher.pageEvents;
            stream.behind.remove(watcher);
            stream.behind.add(watcher); // to the end of the stream's turns
            readPage(watcher, liveRevision);
            if (!stream.behind.isEmpty()) {
                turns.add(stream);
            }
        }
    }

    private void readPage(Watcher watcher, long liveRevision) {
        HistoryPage page = keyspace.get().history(watcher.nextRevision, watcher.spec.keys(), watcher.pageEvents);
        if (page instanceof HistoryPage.Compacted compacted) {
            outcome.overtaken(watcher, compacted.compactedRevision());
            return;
        }
        HistoryPage.Events found = (HistoryPage.Events) page;
        if (sendWhileReady(watcher, found)) {
            watcher.nextRevision = Math.max(watcher.nextRevision, found.nextRevision());
            watcher.pageEvents = Math.min(Watcher.PAGE_EVENTS_MAX, 2 * watcher.pageEvents);
        } else {
            watcher.pageEvents = Math.max(1, watcher.pageEvents / 2);
        }
        if (watcher.nextRevision > liveRevision) {
            remove(watcher);
            outcome.caughtUp(watcher);
        }
    }

    /** Sends a page in messages of bounded size, whole revisions each; tells whether all of it could be sent. */
    private boolean sendWhileReady(Watcher watcher, HistoryPage.Events page) {
        List<Event> wanted = new Selections(page.events()).of(watcher.spec);
        int begin = 0;
        long bytes = 0;
        for (int i = 0; i < wanted.size(); i++) {
            boolean newRevision =
                    i > 0 && wanted.get(i).revision() != wanted.get(i - 1).revision();
            if (newRevision && bytes >= MESSAGE_BYTES_AIM) {
                send(watcher, page.storeRevision(), wanted.subList(begin, i));
                watcher.nextRevision = wanted.get(i).revision();
                begin = i;
                bytes = 0;
                if (!watcher.stream.isReady()) {
                    return false;
                }
            }
            bytes += WatchHub.bytesOf(wanted.get(i));
        }
        if (begin < wanted.size()) {
            send(watcher, page.storeRevision(), wanted.subList(begin, wanted.size()));
        }
        return true;
    }

    private void send(Watcher watcher, long storeRevision, List<Event> events) {
        watcher.stream.tell(sink -> sink.events(watcher.id, storeRevision, events));
        outcome.told(watcher);
    }
}
