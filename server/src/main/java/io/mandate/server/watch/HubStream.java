package io.mandate.server.watch;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client's watchers in the hub. The collections belong to the hub's thread; the count is kept by whoever creates.
 */
final class HubStream implements WatchStream {
    private static final Logger LOG = LoggerFactory.getLogger(HubStream.class);

    private final WatchHub hub;
    private final WatchSink sink;
    final Map<Long, Watcher> watchers = new HashMap<>();

    /** Those reading history, in the order of their turns. */
    final Set<Watcher> behind = new LinkedHashSet<>();

    final AtomicInteger count = new AtomicInteger();
    boolean closed;

    HubStream(WatchHub hub, WatchSink sink) {
        this.hub = hub;
        this.sink = sink;
    }

    boolean isReady() {
        return !closed && sink.isReady();
    }

    /** Tells the client something. A sink that throws costs its own stream only. */
    void tell(Consumer<WatchSink> news) {
        if (closed) {
            return;
        }
        try {
            news.accept(sink);
        } catch (RuntimeException failure) {
            LOG.warn("watch-sink-failed watchers={}", watchers.size(), failure);
            closed = true;
            hub.closed(this);
        }
    }

    @Override
    public boolean create(long watchId, WatchSpec spec) {
        return hub.create(this, watchId, spec);
    }

    @Override
    public WatchLimits limits() {
        return hub.limits();
    }

    @Override
    public void cancel(long watchId) {
        hub.cancel(this, watchId);
    }

    @Override
    public void requestProgress() {
        hub.requestProgress(this);
    }

    @Override
    public void resumed() {
        hub.resumed(this);
    }

    @Override
    public void close() {
        hub.closed(this);
    }
}
