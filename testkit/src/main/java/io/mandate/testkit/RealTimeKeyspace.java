package io.mandate.testkit;

import io.mandate.election.store.LeaseGrant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * A keyspace on a thread of its own, by this machine's monotonic clock. The thread ends when there is nothing to do, so
 * there is nothing to close.
 */
final class RealTimeKeyspace {
    private static final long IDLE_MILLIS = 200;

    private final ScheduledThreadPoolExecutor thread = new ScheduledThreadPoolExecutor(1, task -> {
        Thread made = new Thread(task, "mandate-store-in-memory");
        made.setDaemon(true);
        return made;
    });
    private final Set<Watcher> watchers = ConcurrentHashMap.newKeySet();
    /** Of the thread only. */
    private final MemoryKeyspace keyspace = new MemoryKeyspace(this::changed);

    private final long startNanos = System.nanoTime();

    private long expiryLookNanos = Long.MAX_VALUE;

    RealTimeKeyspace() {
        thread.setKeepAliveTime(IDLE_MILLIS, TimeUnit.MILLISECONDS);
        thread.allowCoreThreadTimeOut(true);
    }

    void plant(PlantedStoreFault fault) {
        execute(() -> keyspace.plant(fault));
    }

    void execute(Runnable task) {
        thread.execute(() -> run(task));
    }

    /** A defect must be seen, not kept in a future that nobody reads. */
    private static void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error defect) {
            Thread current = Thread.currentThread();
            current.getUncaughtExceptionHandler().uncaughtException(current, defect);
        }
    }

    /** Since this store was made: so that it cannot overflow. */
    long nowNanos() {
        return System.nanoTime() - startNanos;
    }

    /** On the thread only. */
    MemoryKeyspace keys() {
        return keyspace;
    }

    /** On the thread only. */
    LeaseGrant grant(long ttlMillis) {
        LeaseGrant granted = keyspace.grant(ttlMillis, 0, nowNanos());
        lookAtExpiries();
        return granted;
    }

    /** Leases end also while nobody asks, so that watches call. */
    private void lookAtExpiries() {
        long nextNanos = keyspace.nextExpiryNanos();
        if (nextNanos < expiryLookNanos) {
            expiryLookNanos = nextNanos;
            thread.schedule(
                    () -> {
                        expiryLookNanos = Long.MAX_VALUE;
                        keyspace.expire(nowNanos());
                        lookAtExpiries();
                    },
                    nextNanos - nowNanos(),
                    TimeUnit.NANOSECONDS);
        }
    }

    void add(Watcher watcher) {
        watchers.add(watcher);
        execute(watcher::call);
    }

    void remove(Watcher watcher) {
        watchers.remove(watcher);
    }

    private void changed(String key) {
        for (Watcher watcher : watchers) {
            if (key.startsWith(watcher.prefix)) {
                watcher.call();
            }
        }
    }

    static final class Watcher {
        private final String prefix;
        private final Runnable changed;
        private volatile boolean closed;

        Watcher(String prefix, Runnable changed) {
            this.prefix = prefix;
            this.changed = changed;
        }

        private void call() {
            if (!closed) {
                changed.run();
            }
        }

        void close() {
            closed = true;
        }
    }
}
