package io.mandate.server.watch;

import io.mandate.keyspace.Keyspace;
import io.mandate.keyspace.api.Applied;
import io.mandate.keyspace.api.Event;
import io.mandate.keyspace.api.KeyValue;
import io.mandate.server.loop.SharedEventLoop;
import io.mandate.server.raft.StateMachineListener;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Delivers the keyspace's history to watchers. Thread-safe: every call becomes a task of the {@link SharedEventLoop}
 * that the hubs of all groups share.
 *
 * <p>A watcher is a cursor into history, never a queue:
 *
 * <table>
 *   <caption>States of a watcher</caption>
 *   <tr><th>state</th><th>event</th><th>becomes</th></tr>
 *   <tr><td>none</td><td>created with a start at the current or a later revision</td><td>synced</td></tr>
 *   <tr><td>none</td><td>created with an earlier start</td><td>unsynced</td></tr>
 *   <tr><td>synced</td><td>events match, the sink is ready</td><td>synced, events sent</td></tr>
 *   <tr><td>synced</td><td>events match, the sink is not ready</td><td>unsynced, from that revision on</td></tr>
 *   <tr><td>synced</td><td>the hub's queue is full, or a snapshot replaced the data</td><td>unsynced</td></tr>
 *   <tr><td>unsynced</td><td>has caught up with the synced watchers</td><td>synced</td></tr>
 *   <tr><td>unsynced</td><td>its next revision was compacted</td><td>none, sink notified</td></tr>
 * </table>
 *
 * <p>A watcher that becomes synced may have read further than the synced watchers have received; queued events that it
 * has seen are skipped for it.
 */
public final class WatchHub implements StateMachineListener, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WatchHub.class);

    /** Tasks per run, so that unsynced watchers are served even under constant load. */
    private static final int TASKS_PER_RUN_MAX = 1_000;

    private final Supplier<Keyspace> keyspace;
    private final WatchLimits limits;
    private final LongSupplier nanoTime;
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicInteger watcherCount = new AtomicInteger();
    private final AtomicInteger eventsQueued = new AtomicInteger();
    private final AtomicLong bytesQueued = new AtomicLong();
    private final AtomicBoolean overflowed = new AtomicBoolean();
    private final CompletableFuture<String> failure = new CompletableFuture<>();
    private volatile SharedEventLoop.@Nullable Registration registration;

    // The following fields are confined to the loop's thread.
    private final SyncedWatchers synced;
    private final UnsyncedWatchers unsynced;
    private final ProgressSchedule progress;
    private long nowNanos;
    private long serial;

    /**
     * Creates a hub. It must be registered with the replica as a listener before both are started.
     *
     * @param keyspace supplies the replica's current keyspace
     */
    public WatchHub(Supplier<Keyspace> keyspace, WatchLimits limits) {
        this(keyspace, limits, System::nanoTime);
    }

    WatchHub(Supplier<Keyspace> keyspace, WatchLimits limits, LongSupplier nanoTime) {
        this.keyspace = keyspace;
        this.limits = limits;
        this.nanoTime = nanoTime;
        this.nowNanos = nanoTime.getAsLong();
        this.synced = new SyncedWatchers(keyspace.get().revision(), new OnSynced());
        this.unsynced = new UnsyncedWatchers(keyspace, new OnUnsynced());
        this.progress = new ProgressSchedule(limits.progressInterval().toNanos());
    }

    private final class OnSynced implements SyncedWatchers.SyncedListener {
        @Override
        public void sent(Watcher watcher) {
            progress.messageSent(watcher, nowNanos);
        }

        @Override
        public void notReady(Watcher watcher, long revision) {
            unsynced.add(watcher, revision);
        }
    }

    private final class OnUnsynced implements UnsyncedWatchers.UnsyncedListener {
        @Override
        public void sent(Watcher watcher) {
            progress.messageSent(watcher, nowNanos);
        }

        @Override
        public void caughtUp(Watcher watcher) {
            synced.add(watcher);
        }

        @Override
        public void compacted(Watcher watcher, long compactedRevision) {
            remove(watcher);
            watcher.stream.send(sink -> sink.compacted(watcher.id, compactedRevision));
        }
    }

    /** Starts the hub; tasks from before wait until then. */
    public void start(SharedEventLoop loop) {
        registration = loop.register(new LoopWorker());
    }

    /** Completes with the reason if a bug ends the hub, which then serves no watch any more. */
    public CompletableFuture<String> failure() {
        return failure;
    }

    /** Opens a stream without watchers. */
    public WatchStream open(WatchSink sink) {
        return new HubStream(this, sink);
    }

    /** The number of watchers of this group on this node. */
    public int watchers() {
        return watcherCount.get();
    }

    /** The number of applied events that wait to be sent to synced watchers. */
    public int eventsQueued() {
        return eventsQueued.get();
    }

    /** The size of an event's key and value, in bytes. */
    static long bytesOf(Event event) {
        KeyValue keyValue = event.keyValue();
        return keyValue.key().size() + (long) keyValue.value().size();
    }

    /** Queues the events; beyond the limits they are dropped, and the watchers read them from history. Never blocks. */
    @Override
    public void applied(long term, List<Applied> batch) {
        int events = 0;
        long bytes = 0;
        for (Applied applied : batch) {
            for (Event event : applied.events()) {
                events++;
                bytes += bytesOf(event);
            }
        }
        if (events == 0) {
            return;
        }
        if (watcherCount.get() == 0) {
            unsyncAll();
            return;
        }
        if (eventsQueued.get() + events > limits.eventsQueuedMax()
                || bytesQueued.get() + bytes > limits.bytesQueuedMax()) {
            unsyncAll();
            return;
        }
        int eventCount = events;
        long byteCount = bytes;
        eventsQueued.addAndGet(eventCount);
        bytesQueued.addAndGet(byteCount);
        execute(() -> {
            eventsQueued.addAndGet(-eventCount);
            bytesQueued.addAndGet(-byteCount);
            synced.publish(batch);
        });
    }

    @Override
    public void restored() {
        unsyncAll();
    }

    /**
     * Schedules a task that makes all watchers read what they have not received from history. Calls before the task
     * runs coalesce: the task uses the revisions at its own time. Without watchers the hub is not woken: watchers are
     * counted after the task is queued, and a watcher that is created later is counted before it wakes the hub.
     */
    private void unsyncAll() {
        if (overflowed.compareAndSet(false, true)) {
            tasks.add(() -> {
                overflowed.set(false);
                long syncedRevision = synced.revision();
                List<Watcher> all = synced.removeAll(keyspace.get().revision());
                all.forEach(watcher -> unsynced.add(watcher, syncedRevision + 1));
                if (!all.isEmpty()) {
                    LOG.info("watchers-read-history count={} from={}", all.size(), syncedRevision + 1);
                }
            });
        }
        if (watcherCount.get() > 0) {
            wake();
        }
    }

    WatchLimits limits() {
        return limits;
    }

    boolean create(HubStream stream, long watchId, WatchSpec spec) {
        if (watcherCount.incrementAndGet() > limits.watchersMax()) {
            watcherCount.decrementAndGet();
            return false;
        }
        if (stream.count.incrementAndGet() > limits.watchersPerStreamMax()) {
            release(stream);
            return false;
        }
        execute(() -> add(stream, watchId, spec));
        return true;
    }

    private void release(HubStream stream) {
        stream.count.decrementAndGet();
        watcherCount.decrementAndGet();
    }

    void cancel(HubStream stream, long watchId) {
        execute(() -> {
            Watcher watcher = stream.watchers.get(watchId);
            if (watcher != null) {
                remove(watcher);
                stream.send(sink -> sink.canceled(watchId, keyspace.get().revision()));
            }
        });
    }

    void requestProgress(HubStream stream) {
        execute(() -> {
            if (!stream.unsynced.isEmpty() || !stream.isReady() || hasFutureWatcher(stream)) {
                return;
            }
            long storeRevision = keyspace.get().revision();
            long progressRevision = stream.watchers.values().stream()
                    .mapToLong(watcher -> watcher.progress(synced.revision(), storeRevision))
                    .min()
                    .orElse(synced.revision());
            stream.send(sink -> sink.streamProgress(progressRevision));
        });
    }

    /**
     * A watcher with a later start must not receive progress below it; etcd then sends no progress to the whole stream.
     */
    private boolean hasFutureWatcher(HubStream stream) {
        return stream.watchers.values().stream().anyMatch(watcher -> watcher.spec.startRevision() > synced.revision());
    }

    void resumed(HubStream stream) {
        execute(() -> unsynced.resume(stream));
    }

    void closed(HubStream stream) {
        execute(() -> {
            stream.closed = true;
            List.copyOf(stream.watchers.values()).forEach(this::remove);
        });
    }

    private void add(HubStream stream, long watchId, WatchSpec spec) {
        if (stream.closed) {
            release(stream);
            return;
        }
        Watcher existing = stream.watchers.get(watchId);
        if (existing != null) {
            remove(existing);
        }
        long storeRevision = keyspace.get().revision();
        long nextRevision = spec.startRevision() == 0 ? storeRevision + 1 : spec.startRevision();
        Watcher watcher = new Watcher(stream, watchId, spec, serial++, nextRevision);
        stream.watchers.put(watchId, watcher);
        stream.send(sink -> sink.created(watchId, storeRevision));
        if (spec.progressNotify()) {
            progress.add(watcher, nowNanos);
        }
        if (nextRevision <= synced.revision()) {
            unsynced.add(watcher, nextRevision);
        } else {
            synced.add(watcher);
        }
    }

    private void remove(Watcher watcher) {
        HubStream stream = watcher.stream;
        stream.watchers.remove(watcher.id);
        release(stream);
        progress.remove(watcher);
        if (watcher.unsynced) {
            unsynced.remove(watcher);
        } else {
            synced.remove(watcher);
        }
    }

    private void notifyProgress(Watcher watcher) {
        if (!watcher.unsynced && watcher.stream.isReady()) {
            long progressRevision =
                    watcher.progress(synced.revision(), keyspace.get().revision());
            watcher.stream.send(sink -> sink.progress(watcher.id, progressRevision));
        }
    }

    private final class LoopWorker implements SharedEventLoop.Worker {
        @Override
        public void run() {
            WatchHub.this.runOnce();
        }

        @Override
        public long idleNanos() {
            return WatchHub.this.idleNanos();
        }

        @Override
        public void failed(Throwable bug) {
            LOG.error("watch-hub-failed", bug);
            failure.complete("watch hub failed: " + bug);
        }
    }

    /** One run: queued tasks, then a bounded part of the history for unsynced watchers, then progress notifications. */
    void runOnce() {
        nowNanos = nanoTime.getAsLong();
        Runnable task = tasks.poll();
        for (int remaining = TASKS_PER_RUN_MAX; task != null; task = --remaining > 0 ? tasks.poll() : null) {
            task.run();
        }
        unsynced.read(synced.revision());
        progress.runDue(nowNanos, this::notifyProgress);
    }

    /** How long the hub has nothing to do unless it is woken, in nanoseconds. */
    long idleNanos() {
        if (!tasks.isEmpty() || unsynced.hasWork()) {
            return 0;
        }
        long next = progress.nextNanos();
        return next == Long.MAX_VALUE ? Long.MAX_VALUE : Math.max(0, next - nanoTime.getAsLong());
    }

    /** Whether a run would send no events. */
    boolean isIdle() {
        return tasks.isEmpty() && !unsynced.hasWork();
    }

    private void execute(Runnable task) {
        tasks.add(task);
        wake();
    }

    private void wake() {
        SharedEventLoop.Registration current = registration;
        if (current != null) {
            current.wake();
        }
    }

    @Override
    public void close() {
        SharedEventLoop.Registration current = registration;
        if (current != null) {
            current.deregister();
        }
    }
}
