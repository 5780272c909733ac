package io.mandate.server.watch;

/**
 * A stream of watchers. Thread-safe. Responses are sent to the stream's {@link WatchSink}, in the order of the calls.
 */
public interface WatchStream extends AutoCloseable {

    /**
     * Adds a watcher with an id that is not in use in this stream.
     *
     * @return whether it was added; false if the limit of the stream or of the node is reached
     */
    boolean create(long watchId, WatchSpec spec);

    /** The limits of {@link #create}, for the text of a refusal. */
    WatchLimits limits();

    /** Removes a watcher; an unknown id is ignored. */
    void cancel(long watchId);

    /** Requests one {@link WatchSink#streamProgress}; ignored if a watcher of the stream is unsynced. */
    void requestProgress();

    /** Notifies the hub that the sink is ready again. */
    void resumed();

    /** Removes all watchers. */
    @Override
    void close();
}
