package io.mandate.server.watch;

import java.time.Duration;

/**
 * The limits of watches in one group on one node.
 *
 * @param watchersPerStreamMax the watchers of one stream; more are refused
 * @param watchersMax the watchers of the group; more are refused
 * @param eventsQueuedMax the applied events that wait to be sent; beyond it, watchers read them from history
 * @param bytesQueuedMax the same limit for their keys and values, in bytes
 * @param progressInterval the interval of progress notifications to an idle watcher that requested them
 */
public record WatchLimits(
        int watchersPerStreamMax,
        int watchersMax,
        int eventsQueuedMax,
        long bytesQueuedMax,
        Duration progressInterval) {

    /**
     * 10,000 watchers a stream and 200,000 in total (an apiserver has a few thousand); 100,000 events or 64 MiB, a
     * fraction of a second at full load.
     */
    public static final WatchLimits DEFAULT =
            new WatchLimits(10_000, 200_000, 100_000, 64L << 20, Duration.ofMinutes(10));

    public WatchLimits {
        if (watchersPerStreamMax < 1 || watchersMax < 1 || eventsQueuedMax < 1 || bytesQueuedMax < 1) {
            throw new IllegalArgumentException("watch limits must be 1 or more: " + watchersPerStreamMax + ", "
                    + watchersMax + ", " + eventsQueuedMax + ", " + bytesQueuedMax);
        }
        if (progressInterval.toMillis() < 100) {
            throw new IllegalArgumentException("watch progress interval " + progressInterval + " is below 100 ms");
        }
    }

    /** The default limits divided among groups, so that all of them together need no more memory than one alone. */
    public static WatchLimits shared(int groups, Duration progressInterval) {
        return new WatchLimits(
                Math.min(DEFAULT.watchersPerStreamMax, DEFAULT.watchersMax / groups),
                DEFAULT.watchersMax / groups,
                DEFAULT.eventsQueuedMax / groups,
                DEFAULT.bytesQueuedMax / groups,
                progressInterval);
    }
}
