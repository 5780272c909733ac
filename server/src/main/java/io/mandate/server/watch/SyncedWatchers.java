package io.mandate.server.watch;

import io.mandate.keyspace.api.Applied;
import io.mandate.keyspace.api.Event;
import java.util.ArrayList;
import java.util.List;

/** The watchers that receive events as they are applied. Confined to the hub's thread. */
final class SyncedWatchers {
    /** Notified when a watcher received events, or could not. */
    interface SyncedListener {
        void sent(Watcher watcher);

        /** The watcher is no longer synced: it must read history from {@code revision} on. */
        void notReady(Watcher watcher, long revision);
    }

    private final RangeIndex<WatchGroup> groups = new RangeIndex<>();
    private final SyncedListener listener;
    private final List<WatchGroup> matchedGroups = new ArrayList<>();
    private long revision;
    private long currentRevision;

    SyncedWatchers(long revision, SyncedListener listener) {
        this.revision = revision;
        this.listener = listener;
    }

    /** The revision up to which all synced watchers have received their events. */
    long revision() {
        return revision;
    }

    void add(Watcher watcher) {
        WatchGroup group = groups.get(watcher.spec.keys());
        if (group == null) {
            group = new WatchGroup(watcher.spec.keys());
            groups.add(group.keys, group);
        }
        group.watchers.add(watcher);
    }

    void remove(Watcher watcher) {
        WatchGroup group = groups.get(watcher.spec.keys());
        if (group != null && group.watchers.remove(watcher) && group.watchers.isEmpty()) {
            groups.remove(group.keys);
        }
    }

    /**
     * Removes all watchers, which must read history from the revision after {@link #revision}. Watchers that are added
     * later have seen {@code reachedRevision}.
     */
    List<Watcher> removeAll(long reachedRevision) {
        List<Watcher> all = new ArrayList<>();
        groups.forEach(group -> all.addAll(group.watchers));
        groups.clear();
        revision = Math.max(revision, reachedRevision);
        return all;
    }

    void publish(List<Applied> batch) {
        for (Applied applied : batch) {
            for (Event event : applied.events()) {
                if (event.revision() <= revision) {
                    continue; // was read from history
                }
                if (event.revision() != currentRevision) {
                    deliver();
                    currentRevision = event.revision();
                }
                groups.forEachContaining(event.keyValue().key(), group -> {
                    if (group.match(event)) {
                        matchedGroups.add(group);
                    }
                });
            }
        }
        deliver();
    }

    /** Sends the events that matched at the current revision, which is complete. */
    private void deliver() {
        matchedGroups.forEach(this::deliver);
        matchedGroups.clear();
        revision = Math.max(revision, currentRevision);
    }

    private void deliver(WatchGroup group) {
        Selections selections = group.takeMatched();
        List<Watcher> unready = new ArrayList<>();
        for (Watcher watcher : group.watchers) {
            List<Event> events = selections.of(watcher.spec);
            if (watcher.nextRevision > currentRevision || events.isEmpty()) {
                continue;
            }
            if (watcher.stream.isReady()) {
                watcher.nextRevision = currentRevision + 1;
                watcher.stream.send(sink -> sink.events(watcher.id, currentRevision, events));
                listener.sent(watcher);
            } else {
                unready.add(watcher);
            }
        }
        for (Watcher watcher : unready) {
            remove(watcher);
            listener.notReady(watcher, currentRevision);
        }
    }
}
