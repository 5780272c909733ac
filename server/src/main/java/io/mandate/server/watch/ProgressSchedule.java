package io.mandate.server.watch;

import java.util.Comparator;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;

/**
 * When watchers that asked for it are to be told how far they are. Being told an event only moves a watcher's time; its
 * place in the schedule follows when it comes up. Belongs to the hub's thread.
 */
final class ProgressSchedule {
    private final TreeSet<Watcher> order =
            new TreeSet<>(Comparator.<Watcher>comparingLong(watcher -> watcher.progressQueuedNanos)
                    .thenComparingLong(watcher -> watcher.serial));
    private final long intervalNanos;

    ProgressSchedule(long intervalNanos) {
        this.intervalNanos = intervalNanos;
    }

    void add(Watcher watcher, long nowNanos) {
        told(watcher, nowNanos);
        watcher.progressQueuedNanos = watcher.progressDueNanos;
        order.add(watcher);
    }

    void remove(Watcher watcher) {
        if (watcher.spec.progressNotify()) {
            order.remove(watcher);
        }
    }

    /** The watcher has been told something: its silence begins anew. */
    void told(Watcher watcher, long nowNanos) {
        if (watcher.spec.progressNotify()) {
            // Up to a tenth more, so that watchers created together are not due together.
            watcher.progressDueNanos =
                    nowNanos + intervalNanos + ThreadLocalRandom.current().nextLong(intervalNanos / 10 + 1);
        }
    }

    /** When to look next; {@link Long#MAX_VALUE} if there is nobody to tell. */
    long nextNanos() {
        return order.isEmpty() ? Long.MAX_VALUE : order.first().progressQueuedNanos;
    }

    /** Calls {@code notify} for those who are due, and schedules them anew. */
    void runDue(long nowNanos, Consumer<Watcher> notify) {
        while (nextNanos() <= nowNanos) {
            Watcher watcher = order.pollFirst();
            if (watcher.progressDueNanos <= nowNanos) {
                notify.accept(watcher);
                told(watcher, nowNanos);
            }
            watcher.progressQueuedNanos = watcher.progressDueNanos;
            order.add(watcher);
        }
    }
}
