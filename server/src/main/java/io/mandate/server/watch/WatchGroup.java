package io.mandate.server.watch;

import io.mandate.keyspace.Event;
import io.mandate.keyspace.KeyRange;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The live watchers of one range, and what the revision at hand has for them. Those who want the same get the same
 * list, so that a thousand watchers of one key cost one match and one list. Belongs to the hub's thread.
 */
final class WatchGroup {
    final KeyRange keys;
    final Set<Watcher> watchers = new LinkedHashSet<>();
    private final List<Event> matched = new ArrayList<>(1);

    WatchGroup(KeyRange keys) {
        this.keys = keys;
    }

    /** Adds an event of the revision at hand; tells whether it is the first. */
    boolean match(Event event) {
        matched.add(event);
        return matched.size() == 1;
    }

    /** Gives what was matched, and forgets it. */
    Selections take() {
        Selections selections = new Selections(List.copyOf(matched));
        matched.clear();
        return selections;
    }
}
