package io.mandate.server.watch;

import java.util.Comparator;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;

/**
 * The schedule of progress notifications. An event only moves a watcher's due time; its position in the queue is
 * updated when it comes up. Confined to the hub's thread.
 */
final class ProgressSchedule {
    private final TreeSet<Watcher> queue =
            new TreeSet<>(Comparator.<Watcher>comparingLong(watcher -> watcher.progressQueuedNanos)
                    .thenComparingLong(watcher -> watcher.serial));
    private final long intervalNanos;

    ProgressSchedule(long intervalNanos) {
        this.intervalNanos = intervalNanos;
    }

    void add(Watcher watcher, long nowNanos) {
        messageSent(watcher, nowNanos);
        watcher.progressQueuedNanos = watcher.progressDueNanos;
        queue.add(watcher);
    }

    void remove(Watcher watcher) {
        if (watcher.spec.progressNotify()) {
            queue.remove(watcher);
        }
    }

    /** A message was sent to the watcher: its idle time starts again. */
    void messageSent(Watcher watcher, long nowNanos) {
        if (watcher.spec.progressNotify()) {
            // A jitter of up to a tenth, so that watchers created together are not due together.
            watcher.progressDueNanos =
                    nowNanos + intervalNanos + ThreadLocalRandom.current().nextLong(intervalNanos / 10 + 1);
        }
    }

    /** The time at which the first watcher comes up; {@link Long#MAX_VALUE} if there is none. */
    long nextNanos() {
        return queue.isEmpty() ? Long.MAX_VALUE : queue.first().progressQueuedNanos;
    }

    /** Calls {@code notify} for the watchers that are due, and schedules them again. */
    void runDue(long nowNanos, Consumer<Watcher> notify) {
        while (nextNanos() <= nowNanos) {
            Watcher watcher = queue.pollFirst();
            if (watcher.progressDueNanos <= nowNanos) {
                notify.accept(watcher);
                messageSent(watcher, nowNanos);
            }
            watcher.progressQueuedNanos = watcher.progressDueNanos;
            queue.add(watcher);
        }
    }
}
