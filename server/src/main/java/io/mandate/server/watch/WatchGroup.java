package io.mandate.server.watch;

import io.mandate.keyspace.api.Event;
import io.mandate.keyspace.api.KeyRange;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The synced watchers of one range, and the events of the current revision that match it. Watchers with the same
 * options get the same list, so that a thousand watchers of one key cost one match and one list. Confined to the hub's
 * thread.
 */
final class WatchGroup {
    final KeyRange keys;
    final Set<Watcher> watchers = new LinkedHashSet<>();
    private final List<Event> matched = new ArrayList<>(1);

    WatchGroup(KeyRange keys) {
        this.keys = keys;
    }

    /** Adds an event of the current revision; returns whether it is the first. */
    boolean match(Event event) {
        matched.add(event);
        return matched.size() == 1;
    }

    /** Returns the matched events, and clears them. */
    Selections takeMatched() {
        Selections selections = new Selections(List.copyOf(matched));
        matched.clear();
        return selections;
    }
}
