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
 * The watchers of one stream. The collections are confined to the hub's thread; the count is updated by the creating
 * threads.
 */
final class HubStream implements WatchStream {
    private static final Logger LOG = LoggerFactory.getLogger(HubStream.class);

    private final WatchHub hub;
    private final WatchSink sink;
    final Map<Long, Watcher> watchers = new HashMap<>();

    /** The unsynced watchers, in the order in which they are served. */
    final Set<Watcher> unsynced = new LinkedHashSet<>();

    final AtomicInteger count = new AtomicInteger();
    boolean closed;

    HubStream(WatchHub hub, WatchSink sink) {
        this.hub = hub;
        this.sink = sink;
    }

    boolean isReady() {
        return !closed && sink.isReady();
    }

    /** Sends a message to the client. A sink that throws ends only its own stream. */
    void send(Consumer<WatchSink> message) {
        if (closed) {
            return;
        }
        try {
            message.accept(sink);
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
