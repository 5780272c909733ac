package io.mandate.server.watch;

import io.mandate.keyspace.Event;
import java.util.ArrayList;
import java.util.List;

/** A place in history, and what is wanted of it. Belongs to the hub's thread. */
final class Watcher {
    /** A page of history begins with so many events, and has so many at the most. */
    static final int PAGE_EVENTS_FIRST = 64;

    static final int PAGE_EVENTS_MAX = 1_000;

    /** A page whose values are larger than this makes the next one smaller, so that large values cost bounded memory too. */
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

    /** Adapts the page size to the size of what was found. */
    void sawPage(List<Event> events) {
        long bytes = 0;
        for (Event event : events) {
            bytes += event.keyValue().value().size() + event.keyValue().key().size();
        }
        pageEvents = bytes > PAGE_BYTES_AIM ? Math.max(1, pageEvents / 2) : Math.min(PAGE_EVENTS_MAX, pageEvents * 2);
    }
}
