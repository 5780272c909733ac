package io.mandate.server.watch;

/**
 * One client's watchers. Thread-safe; answers come through the stream's {@link WatchSink}, in the order of the calls.
 */
public interface WatchStream extends AutoCloseable {

    /**
     * Adds a watcher under an id that is not in use in this stream.
     *
     * @return whether it was added; false if the limit of watchers per stream or of the node is reached
     */
    boolean create(long watchId, WatchSpec spec);

    /** The bounds that {@link #create} keeps to, for a refusal that names them. */
    WatchLimits limits();

    /** Removes a watcher; an unknown id is passed over in silence. */
    void cancel(long watchId);

    /** Asks for one {@link WatchSink#progressOfAll}; not answered if a watcher of the stream is behind. */
    void requestProgress();

    /** The sink has become ready again. */
    void resumed();

    /** Removes all watchers. */
    @Override
    void close();
}
