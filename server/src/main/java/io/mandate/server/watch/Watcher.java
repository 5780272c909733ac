package io.mandate.server.watch;

import io.mandate.keyspace.Event;
import io.mandate.keyspace.KeyValue;
import java.util.ArrayList;
import java.util.List;

/** A place in history, and what is wanted of it. Belongs to the hub's thread. */
final class Watcher {
    /** A page of history begins with so many events, and has so many at the most. */
    static final int PAGE_EVENTS_FIRST = 64;

    static final int PAGE_EVENTS_MAX = 1_000;

    /** A page larger than this is sent only so far, and makes the next one smaller: large values must cost bounded memory, and bounded messages, too. */
    private static final long PAGE_BYTES_AIM = 1 << 20;

    final HubStream stream;
    final long id;
    final WatchSpec spec;

    /** Everything wanted before this revision has been sent. For a live watcher it may be behind what it has seen. */
    long nextRevision;

    /** Whether it reads history, rather than being told as things happen. */
    boolean behind;

    int pageEvents = PAGE_EVENTS_FIRST;
    long progressDueNanos;

    Watcher(HubStream stream, long id, WatchSpec spec, long nextRevision) {
        this.stream = stream;
        this.id = id;
        this.spec = spec;
        this.nextRevision = nextRevision;
    }

    private boolean wants(Event event) {
        return event.type() == Event.Type.PUT ? spec.puts() : spec.deletes();
    }

    /** The wanted ones among {@code events}, the previous state left out if it was not asked for. */
    List<Event> select(List<Event> events) {
        List<Event> selected = new ArrayList<>(events.size());
        for (Event event : events) {
            if (wants(event)) {
                selected.add(
                        spec.previousKeyValues() || event.previous() == null
                                ? event
                                : new Event(event.type(), event.keyValue(), null));
            }
        }
        return selected;
    }

    /**
     * Adapts the size of the next page to that of the events of this one.
     *
     * @return how many of them, whole revisions, make a message of bounded size; one revision at least
     */
    int sawPage(List<Event> events) {
        long bytes = 0;
        for (int i = 0; i < events.size(); i++) {
            Event event = events.get(i);
            if (bytes > PAGE_BYTES_AIM && event.revision() != events.get(i - 1).revision()) {
                pageEvents = Math.max(1, i / 2);
                return i;
            }
            bytes += sizeBytes(event.keyValue());
            if (event.previous() != null) {
                bytes += sizeBytes(event.previous());
            }
        }
        pageEvents = bytes > PAGE_BYTES_AIM ? Math.max(1, pageEvents / 2) : Math.min(PAGE_EVENTS_MAX, pageEvents * 2);
        return events.size();
    }

    private static long sizeBytes(KeyValue keyValue) {
        return (long) keyValue.key().size() + keyValue.value().size();
    }
}
