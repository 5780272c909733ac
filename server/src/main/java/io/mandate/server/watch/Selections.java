package io.mandate.server.watch;

import io.mandate.keyspace.api.Event;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Selects from a list of events by the options of a watch. Watchers with the same options share one list. */
final class Selections {
    private static final int OPTIONS_COUNT = 8;

    private final List<Event> events;
    private final @Nullable List<Event>[] byOptions = newArray();

    Selections(List<Event> events) {
        this.events = events;
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // Java has no arrays of a generic type
    private static @Nullable List<Event>[] newArray() {
        return new List[OPTIONS_COUNT];
    }

    /** The events that {@code spec} selects, without the previous key-value unless it was requested. */
    List<Event> of(WatchSpec spec) {
        int options = (spec.puts() ? 1 : 0) + (spec.deletes() ? 2 : 0) + (spec.previousKeyValues() ? 4 : 0);
        List<Event> selected = byOptions[options];
        if (selected == null) {
            selected = select(spec);
            byOptions[options] = selected;
        }
        return selected;
    }

    private List<Event> select(WatchSpec spec) {
        List<Event> selected = new ArrayList<>(events.size());
        for (Event event : events) {
            if (event.type() == Event.Type.PUT ? spec.puts() : spec.deletes()) {
                selected.add(
                        spec.previousKeyValues() || event.previous() == null
                                ? event
                                : new Event(event.type(), event.keyValue(), null));
            }
        }
        return List.copyOf(selected); // shared by several watchers
    }
}
