package io.mandate.server.watch;

import io.mandate.keyspace.Applied;
import io.mandate.keyspace.Event;
import io.mandate.keyspace.HistoryPage;
import io.mandate.keyspace.Keyspace;
import io.mandate.server.raft.ReplicaListener;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Plays the keyspace's history to watchers. Thread-safe; one thread of its own does the work, everything comes to it as a task.
 *
 * <p>A watcher is a place in history, never a queue. A live one is told events as they are applied. One whose sink is not ready, or that began in the
 * past, is behind: only its place is kept, and it reads pages of history, in turn with all others that are behind, until it has reached the revision
 * that the live ones have been told, and is live. So a slow watcher costs a number, and cannot hold up the others (etcd #15402, #16839, #17529).
 */
public final class WatchHub implements ReplicaListener, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WatchHub.class);

    private final Supplier<Keyspace> keyspace;
    private final WatchLimits limits;
    private final BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    private final AtomicInteger watcherCount = new AtomicInteger();
    private final AtomicInteger eventsQueued = new AtomicInteger();
    private final AtomicBoolean allBehindQueued = new AtomicBoolean();
    private final LongSupplier nanoTime;
    private final Thread loop = new Thread(this::run, "watch-hub");
    private volatile boolean stopped;

    // All that follows belongs to the loop.
    private final RangeIndex<Watcher> live = new RangeIndex<>();
    private final Set<HubStream> streamsBehind = new LinkedHashSet<>();
    private final Set<Watcher> progressWatchers = new LinkedHashSet<>();
    private long liveRevision;
    private long nowNanos;
    private long nextProgressLookNanos;

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
        this.nextProgressLookNanos = nowNanos;
        this.liveRevision = keyspace.get().revision();
        loop.setDaemon(true);
    }

    public void start() {
        loop.start();
    }

    /** Opens a stream without watchers. */
    public WatchStream open(WatchSink sink) {
        return new HubStream(this, sink);
    }

    public int watchers() {
        return watcherCount.get();
    }

    @Override
    public void applied(long term, List<Applied> batch) {
        int count = 0;
        for (Applied applied : batch) {
            count += applied.events().size();
        }
        if (count == 0) {
            return;
        }
        int events = count;
        if (eventsQueued.addAndGet(events) > limits.eventsQueuedMax()) {
            eventsQueued.addAndGet(-events);
            queueAllBehind();
        } else {
            tasks.add(() -> {
                eventsQueued.addAndGet(-events);
                tell(batch);
            });
        }
    }

    @Override
    public void restored() {
        queueAllBehind();
    }

    /** One waiting in the queue serves all that happened before it is run; a hub that cannot keep up must not be given more and more of them. */
    private void queueAllBehind() {
        if (allBehindQueued.compareAndSet(false, true)) {
            tasks.add(this::allBehind);
        }
    }

    boolean create(HubStream stream, long watchId, WatchSpec spec) {
        if (watcherCount.incrementAndGet() > limits.watchersMax()) {
            watcherCount.decrementAndGet();
            return false;
        }
        if (stream.count.incrementAndGet() > limits.watchersPerStreamMax()) {
            stream.count.decrementAndGet();
            watcherCount.decrementAndGet();
            return false;
        }
        tasks.add(() -> add(stream, watchId, spec));
        return true;
    }

    void cancel(HubStream stream, long watchId) {
        tasks.add(() -> {
            Watcher watcher = stream.watchers.get(watchId);
            if (watcher != null) {
                remove(watcher);
                stream.sink.canceled(watchId, keyspace.get().revision());
            }
        });
    }

    void requestProgress(HubStream stream) {
        tasks.add(() -> {
            if (!stream.closed && stream.behind.isEmpty() && stream.sink.isReady()) {
                stream.sink.progressOfAll(liveRevision);
            }
        });
    }

    void resumed(HubStream stream) {
        tasks.add(() -> {
            if (!stream.behind.isEmpty()) {
                streamsBehind.add(stream);
            }
        });
    }

    void closed(HubStream stream) {
        tasks.add(() -> {
            stream.closed = true;
            new ArrayList<>(stream.watchers.values()).forEach(this::remove);
        });
    }

    private void add(HubStream stream, long watchId, WatchSpec spec) {
        if (stream.closed) {
            watcherCount.decrementAndGet();
            return;
        }
        long storeRevision = keyspace.get().revision();
        long next = spec.startRevision() == 0 ? storeRevision + 1 : spec.startRevision();
        Watcher watcher = new Watcher(stream, watchId, spec, next);
        stream.watchers.put(watchId, watcher);
        stream.sink.created(watchId, storeRevision);
        if (spec.progressNotify()) {
            progressWatchers.add(watcher);
            scheduleProgress(watcher);
        }
        if (next <= liveRevision) {
            fallBehind(watcher, next);
        } else {
            live.add(spec.keys(), watcher);
        }
    }

    private void remove(Watcher watcher) {
        HubStream stream = watcher.stream;
        if (stream.watchers.remove(watcher.id) == null) {
            return;
        }
        stream.count.decrementAndGet();
        watcherCount.decrementAndGet();
        progressWatchers.remove(watcher);
        if (watcher.behind) {
            stream.behind.remove(watcher);
        } else {
            live.remove(watcher.spec.keys(), watcher);
        }
    }

    private void fallBehind(Watcher watcher, long nextRevision) {
        watcher.nextRevision = Math.max(watcher.nextRevision, nextRevision);
        watcher.behind = true;
        watcher.stream.behind.add(watcher);
        if (watcher.stream.sink.isReady()) {
            streamsBehind.add(watcher.stream);
        }
    }

    /** What happened is no longer at hand: everybody reads it from history. */
    private void allBehind() {
        allBehindQueued.set(false);
        Set<Watcher> all = new LinkedHashSet<>();
        live.forEach(all::add);
        for (Watcher watcher : all) {
            live.remove(watcher.spec.keys(), watcher);
            fallBehind(watcher, liveRevision + 1);
        }
        // Read after the flag was taken back: what is not told for the flag's sake is in the keyspace by now.
        liveRevision = keyspace.get().revision();
    }

    private void tell(List<Applied> batch) {
        Map<Watcher, List<Event>> matches = new LinkedHashMap<>();
        long revision = 0;
        for (Applied applied : batch) {
            for (Event event : applied.events()) {
                if (event.revision() != revision) {
                    deliver(revision, matches);
                    revision = event.revision();
                }
                live.forEachContaining(
                        event.keyValue().key(),
                        watcher -> matches.computeIfAbsent(watcher, none -> new ArrayList<>(1))
                                .add(event));
            }
        }
        deliver(revision, matches);
    }

    /** Tells all live watchers the events of one revision, and empties {@code matches}. */
    private void deliver(long revision, Map<Watcher, List<Event>> matches) {
        if (revision <= liveRevision) {
            matches.clear(); // nothing, or known already through history
            return;
        }
        matches.forEach((watcher, events) -> {
            if (watcher.nextRevision > revision) {
                return;
            }
            if (!watcher.stream.sink.isReady()) {
                live.remove(watcher.spec.keys(), watcher);
                fallBehind(watcher, revision);
                return;
            }
            send(watcher, revision, watcher.select(events));
            watcher.nextRevision = revision + 1;
        });
        matches.clear();
        liveRevision = revision;
    }

    private void send(Watcher watcher, long headerRevision, List<Event> selected) {
        if (!selected.isEmpty()) {
            watcher.stream.sink.events(watcher.id, headerRevision, selected);
            scheduleProgress(watcher);
        }
    }

    /** Gives every stream that is behind and can take something a page of one of its watchers. */
    private void catchUp() {
        for (HubStream stream : new ArrayList<>(streamsBehind)) {
            if (stream.behind.isEmpty() || !stream.sink.isReady()) {
                streamsBehind.remove(stream);
                continue;
            }
            Watcher watcher = stream.behind.iterator().next();
            stream.behind.remove(watcher);
            readPage(watcher);
            if (watcher.behind) {
                stream.behind.add(watcher); // to the end of the turns
            }
        }
    }

    private void readPage(Watcher watcher) {
        HistoryPage page = keyspace.get().history(watcher.nextRevision, watcher.spec.keys(), watcher.pageEvents);
        if (page instanceof HistoryPage.Compacted compacted) {
            watcher.stream.behind.add(watcher);
            remove(watcher);
            watcher.behind = false;
            watcher.stream.sink.overtaken(watcher.id, compacted.compactedRevision());
            return;
        }
        HistoryPage.Events found = (HistoryPage.Events) page;
        List<Event> selected = watcher.select(found.events());
        int whole = watcher.sawPage(selected);
        send(watcher, found.storeRevision(), selected.subList(0, whole));
        watcher.nextRevision = whole < selected.size() ? selected.get(whole).revision() : found.nextRevision();
        if (watcher.nextRevision > liveRevision) {
            watcher.behind = false;
            live.add(watcher.spec.keys(), watcher);
        }
    }

    private void scheduleProgress(Watcher watcher) {
        if (watcher.spec.progressNotify()) {
            long interval = limits.progressInterval().toNanos();
            // Up to a tenth more, so that watchers created together do not all ask for attention together.
            watcher.progressDueNanos =
                    nowNanos + interval + ThreadLocalRandom.current().nextLong(interval / 10 + 1);
        }
    }

    /** Looks a few times in an interval only, for every client of an apiserver's size asks for progress. */
    private void notifyProgress() {
        if (nowNanos - nextProgressLookNanos < 0) {
            return;
        }
        nextProgressLookNanos = nowNanos + progressLookNanos();
        for (Watcher watcher : progressWatchers) {
            if (nowNanos - watcher.progressDueNanos >= 0 && !watcher.behind && watcher.stream.sink.isReady()) {
                watcher.stream.sink.progress(watcher.id, liveRevision);
                scheduleProgress(watcher);
            }
        }
    }

    private long progressLookNanos() {
        return limits.progressInterval().toNanos() / 20;
    }

    private void run() {
        try {
            while (!stopped) {
                turn(streamsBehind.isEmpty() ? tasks.poll(sleepNanos(), TimeUnit.NANOSECONDS) : null);
            }
        } catch (InterruptedException interrupted) {
            // closed
        } catch (RuntimeException | Error bug) {
            LOG.error("watch-hub-failed", bug);
            throw bug;
        }
    }

    /** Runs what has come, {@code first} before all, then serves those that are behind once. */
    void turn(@Nullable Runnable first) {
        List<Runnable> batch = new ArrayList<>();
        if (first != null) {
            batch.add(first);
        }
        tasks.drainTo(batch);
        nowNanos = nanoTime.getAsLong();
        batch.forEach(Runnable::run);
        catchUp();
        notifyProgress();
    }

    /** Whether a turn would do nothing, as far as events go. */
    boolean isIdle() {
        return tasks.isEmpty() && streamsBehind.isEmpty();
    }

    private long sleepNanos() {
        return progressWatchers.isEmpty() ? TimeUnit.SECONDS.toNanos(60) : progressLookNanos();
    }

    @Override
    public void close() {
        stopped = true;
        loop.interrupt();
    }
}
