package io.mandate.server.watch;

import io.mandate.keyspace.Applied;
import io.mandate.keyspace.Event;
import java.util.ArrayList;
import java.util.List;

/** The watchers that are told events as they happen. Belongs to the hub's thread. */
final class LiveWatchers {
    /** What becomes of a watcher that is told something, or cannot be. */
    interface Outcome {
        void told(Watcher watcher);

        /** The watcher is no longer live: it is to read history from {@code revision} on. */
        void notReady(Watcher watcher, long revision);
    }

    private final RangeIndex<WatchGroup> groups = new RangeIndex<>();
    private final Outcome outcome;
    private final List<WatchGroup> touched = new ArrayList<>();
    private long revision;
    private long revisionAtHand;

    LiveWatchers(long revision, Outcome outcome) {
        this.revision = revision;
        this.outcome = outcome;
    }

    /** All live watchers have been told everything up to this revision that they want. */
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
     * Removes all, who shall read history from the revision after {@link #revision}; whoever joins from now on has seen
     * {@code reached}.
     */
    List<Watcher> removeAll(long reached) {
        List<Watcher> all = new ArrayList<>();
        groups.forEach(group -> all.addAll(group.watchers));
        groups.clear();
        revision = Math.max(revision, reached);
        return all;
    }

    void tell(List<Applied> batch) {
        for (Applied applied : batch) {
            for (Event event : applied.events()) {
                if (event.revision() <= revision) {
                    continue; // read from history already
                }
                if (event.revision() != revisionAtHand) {
                    deliver();
                    revisionAtHand = event.revision();
                }
                groups.forEachContaining(event.keyValue().key(), group -> {
                    if (group.match(event)) {
                        touched.add(group);
                    }
                });
            }
        }
        deliver();
    }

    /** Hands out what was matched of the revision at hand, which is complete. */
    private void deliver() {
        touched.forEach(this::deliver);
        touched.clear();
        revision = Math.max(revision, revisionAtHand);
    }

    private void deliver(WatchGroup group) {
        Selections selections = group.take();
        List<Watcher> unready = new ArrayList<>();
        for (Watcher watcher : group.watchers) {
            List<Event> events = selections.of(watcher.spec);
            if (watcher.nextRevision > revisionAtHand || events.isEmpty()) {
                continue;
            }
            if (watcher.stream.isReady()) {
                watcher.nextRevision = revisionAtHand + 1;
                watcher.stream.tell(sink -> sink.events(watcher.id, revisionAtHand, events));
                outcome.told(watcher);
            } else {
                unready.add(watcher);
            }
        }
        for (Watcher watcher : unready) {
            remove(watcher);
            outcome.notReady(watcher, revisionAtHand);
        }
    }
}
