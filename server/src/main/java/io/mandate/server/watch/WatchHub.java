package io.mandate.server.watch;

import io.mandate.keyspace.Applied;
import io.mandate.keyspace.Event;
import io.mandate.keyspace.KeyValue;
import io.mandate.keyspace.Keyspace;
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
 * Plays the keyspace's history to watchers. Thread-safe; a {@link SharedEventLoop}, which the hubs of all groups share,
 * does the work in turns, and everything comes to it as a task.
 *
 * <p>A watcher is a place in history, never a queue:
 *
 * <table>
 *   <caption>States of a watcher</caption>
 *   <tr><th>state</th><th>event</th><th>becomes</th></tr>
 *   <tr><td>none</td><td>created from now on, or at a revision to come</td><td>live</td></tr>
 *   <tr><td>none</td><td>created in the past</td><td>behind</td></tr>
 *   <tr><td>live</td><td>something happens, the sink is ready</td><td>live, told</td></tr>
 *   <tr><td>live</td><td>something happens, the sink is not ready</td><td>behind, from that revision on</td></tr>
 *   <tr><td>live</td><td>the hub's queue overflowed, or a snapshot replaced the data</td><td>behind</td></tr>
 *   <tr><td>behind</td><td>it has read as far as the live ones have been told</td><td>live</td></tr>
 *   <tr><td>behind</td><td>compaction took what it was to read</td><td>none, told so</td></tr>
 * </table>
 *
 * A watcher that joins the live ones may have read further than they have been told: what still waits in the queue is
 * then passed over for it.
 */
public final class WatchHub implements StateMachineListener, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WatchHub.class);

    /** Tasks taken in per turn, so that watchers that are behind get theirs even under a flood. */
    private static final int TASKS_PER_TURN_MAX = 1_000;

    private final Supplier<Keyspace> keyspace;
    private final WatchLimits limits;
    private final LongSupplier nanoTime;
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicInteger watcherCount = new AtomicInteger();
    private final AtomicInteger eventsQueued = new AtomicInteger();
    private final AtomicLong bytesQueued = new AtomicLong();
    private final AtomicBoolean overflowed = new AtomicBoolean();
    private final CompletableFuture<String> failure = new CompletableFuture<>();
    private volatile SharedEventLoop.@Nullable Seat seat;

    // What follows belongs to the thread.
    private final LiveWatchers live;
    private final BehindWatchers behind;
    private final ProgressSchedule progress;
    private long nowNanos;
    private long serial;

    /**
     * Prepares a hub; to be made known to the replica as a listener before both are started.
     *
     * @param keyspace the replica's keyspace of the moment
     */
    public WatchHub(Supplier<Keyspace> keyspace, WatchLimits limits) {
        this(keyspace, limits, System::nanoTime);
    }

    WatchHub(Supplier<Keyspace> keyspace, WatchLimits limits, LongSupplier nanoTime) {
        this.keyspace = keyspace;
        this.limits = limits;
        this.nanoTime = nanoTime;
        this.nowNanos = nanoTime.getAsLong();
        this.live = new LiveWatchers(keyspace.get().revision(), new LiveOutcome());
        this.behind = new BehindWatchers(keyspace, new BehindOutcome());
        this.progress = new ProgressSchedule(limits.progressInterval().toNanos());
    }

    private final class LiveOutcome implements LiveWatchers.Outcome {
        @Override
        public void told(Watcher watcher) {
            progress.told(watcher, nowNanos);
        }

        @Override
        public void notReady(Watcher watcher, long revision) {
            behind.add(watcher, revision);
        }
    }

    private final class BehindOutcome implements BehindWatchers.Outcome {
        @Override
        public void told(Watcher watcher) {
            progress.told(watcher, nowNanos);
        }

        @Override
        public void caughtUp(Watcher watcher) {
            live.add(watcher);
        }

        @Override
        public void overtaken(Watcher watcher, long compactedRevision) {
            remove(watcher);
            watcher.stream.tell(sink -> sink.overtaken(watcher.id, compactedRevision));
        }
    }

    /** Begins to work; what came before waits until then. */
    public void start(SharedEventLoop loop) {
        seat = loop.seat(new Turns());
    }

    /** Completes with the reason if the work ends of a bug: nothing here works any more. */
    public CompletableFuture<String> failure() {
        return failure;
    }

    /** Opens a stream without watchers. */
    public WatchStream open(WatchSink sink) {
        return new HubStream(this, sink);
    }

    /** Watchers there are on this node. */
    public int watchers() {
        return watcherCount.get();
    }

    /** Events that have happened and that live watchers have not been told yet. */
    public int eventsQueued() {
        return eventsQueued.get();
    }

    /** Bytes that an event's key and value take up. */
    static long bytesOf(Event event) {
        KeyValue keyValue = event.keyValue();
        return keyValue.key().size() + (long) keyValue.value().size();
    }

    /** Queues what happened; beyond the bounds it is let go, for history has it too. Never blocks. */
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
            allMustRead();
            return;
        }
        if (eventsQueued.get() + events > limits.eventsQueuedMax()
                || bytesQueued.get() + bytes > limits.bytesQueuedMax()) {
            allMustRead();
            return;
        }
        int eventCount = events;
        long byteCount = bytes;
        eventsQueued.addAndGet(eventCount);
        bytesQueued.addAndGet(byteCount);
        execute(() -> {
            eventsQueued.addAndGet(-eventCount);
            bytesQueued.addAndGet(-byteCount);
            live.tell(batch);
        });
    }

    @Override
    public void restored() {
        allMustRead();
    }

    /**
     * Has whoever is there by then read what it has not been told. Queues one task however often it is called before
     * that runs: it reads the revision of its own time. Where there are no watchers it wakes nobody: they are counted
     * after the task is there, and one that comes later is counted before it wakes the hub.
     */
    private void allMustRead() {
        if (overflowed.compareAndSet(false, true)) {
            tasks.add(() -> {
                overflowed.set(false);
                long toldRevision = live.revision();
                List<Watcher> all = live.removeAll(keyspace.get().revision());
                all.forEach(watcher -> behind.add(watcher, toldRevision + 1));
                if (!all.isEmpty()) {
                    LOG.info("watchers-read-history count={} from={}", all.size(), toldRevision + 1);
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
            forget(stream);
            return false;
        }
        execute(() -> add(stream, watchId, spec));
        return true;
    }

    private void forget(HubStream stream) {
        stream.count.decrementAndGet();
        watcherCount.decrementAndGet();
    }

    void cancel(HubStream stream, long watchId) {
        execute(() -> {
            Watcher watcher = stream.watchers.get(watchId);
            if (watcher != null) {
                remove(watcher);
                stream.tell(sink -> sink.canceled(watchId, keyspace.get().revision()));
            }
        });
    }

    void requestProgress(HubStream stream) {
        execute(() -> {
            if (!stream.behind.isEmpty() || !stream.isReady() || waitsForLater(stream)) {
                return;
            }
            long storeRevision = keyspace.get().revision();
            long promised = stream.watchers.values().stream()
                    .mapToLong(watcher -> watcher.progress(live.revision(), storeRevision))
                    .min()
                    .orElse(live.revision());
            stream.tell(sink -> sink.progressOfAll(promised));
        });
    }

    /**
     * A watcher that was told to begin later must not hear of a revision before that; etcd keeps silent to the whole
     * stream, too.
     */
    private boolean waitsForLater(HubStream stream) {
        return stream.watchers.values().stream().anyMatch(watcher -> watcher.spec.startRevision() > live.revision());
    }

    void resumed(HubStream stream) {
        execute(() -> behind.resume(stream));
    }

    void closed(HubStream stream) {
        execute(() -> {
            stream.closed = true;
            List.copyOf(stream.watchers.values()).forEach(this::remove);
        });
    }

    private void add(HubStream stream, long watchId, WatchSpec spec) {
        if (stream.closed) {
            forget(stream);
            return;
        }
        Watcher before = stream.watchers.get(watchId);
        if (before != null) {
            remove(before);
        }
        long storeRevision = keyspace.get().revision();
        long nextRevision = spec.startRevision() == 0 ? storeRevision + 1 : spec.startRevision();
        Watcher watcher = new Watcher(stream, watchId, spec, serial++, nextRevision);
        stream.watchers.put(watchId, watcher);
        stream.tell(sink -> sink.created(watchId, storeRevision));
        if (spec.progressNotify()) {
            progress.add(watcher, nowNanos);
        }
        if (nextRevision <= live.revision()) {
            behind.add(watcher, nextRevision);
        } else {
            live.add(watcher);
        }
    }

    private void remove(Watcher watcher) {
        HubStream stream = watcher.stream;
        stream.watchers.remove(watcher.id);
        forget(stream);
        progress.remove(watcher);
        if (watcher.behind) {
            behind.remove(watcher);
        } else {
            live.remove(watcher);
        }
    }

    private void notifyProgress(Watcher watcher) {
        if (!watcher.behind && watcher.stream.isReady()) {
            long promised = watcher.progress(live.revision(), keyspace.get().revision());
            watcher.stream.tell(sink -> sink.progress(watcher.id, promised));
        }
    }

    private final class Turns implements SharedEventLoop.Worker {
        @Override
        public void turn() {
            WatchHub.this.turn();
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

    /** One turn: what happened, then a bounded share for those who read history, then progress. */
    void turn() {
        nowNanos = nanoTime.getAsLong();
        Runnable task = tasks.poll();
        for (int left = TASKS_PER_TURN_MAX; task != null; task = --left > 0 ? tasks.poll() : null) {
            task.run();
        }
        behind.read(live.revision());
        progress.runDue(nowNanos, this::notifyProgress);
    }

    /** How long nothing needs doing, in nanoseconds, unless something comes. */
    long idleNanos() {
        if (!tasks.isEmpty() || behind.hasTurns()) {
            return 0;
        }
        long next = progress.nextNanos();
        return next == Long.MAX_VALUE ? Long.MAX_VALUE : Math.max(0, next - nanoTime.getAsLong());
    }

    /** Whether a turn would do nothing, as far as events go. */
    boolean isIdle() {
        return tasks.isEmpty() && !behind.hasTurns();
    }

    private void execute(Runnable task) {
        tasks.add(task);
        wake();
    }

    private void wake() {
        SharedEventLoop.Seat taken = seat;
        if (taken != null) {
            taken.wake();
        }
    }

    @Override
    public void close() {
        SharedEventLoop.Seat taken = seat;
        if (taken != null) {
            taken.leave();
        }
    }
}
