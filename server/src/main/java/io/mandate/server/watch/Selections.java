package io.mandate.server.watch;

import io.mandate.keyspace.Event;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Some events, and for each combination of what can be wanted of them the one list that all who want it share. */
final class Selections {
    private static final int KINDS = 8;

    private final List<Event> events;
    private final @Nullable List<Event>[] byKind = newArray();

    Selections(List<Event> events) {
        this.events = events;
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // Java has no arrays of a generic type
    private static @Nullable List<Event>[] newArray() {
        return new List[KINDS];
    }

    /** The events that are wanted, without the previous state unless it was asked for. */
    List<Event> of(WatchSpec spec) {
        int kind = (spec.puts() ? 1 : 0) + (spec.deletes() ? 2 : 0) + (spec.previousKeyValues() ? 4 : 0);
        List<Event> selected = byKind[kind];
        if (selected == null) {
            selected = select(spec);
            byKind[kind] = selected;
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
        return List.copyOf(selected); // shared by many
    }
}
