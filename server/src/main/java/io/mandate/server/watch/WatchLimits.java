package io.mandate.server.watch;

import java.time.Duration;

/**
 * Bounds of watching in one group on one node.
 *
 * @param watchersPerStreamMax more on one stream are refused
 * @param watchersMax more in the group are refused
 * @param eventsQueuedMax events that wait to be handed out as they happen; beyond, watchers read them from history
 *     instead
 * @param bytesQueuedMax the same bound for their keys and values, in bytes
 * @param progressInterval how often an idle watcher that asked for it is told how far it is
 */
public record WatchLimits(
        int watchersPerStreamMax,
        int watchersMax,
        int eventsQueuedMax,
        long bytesQueuedMax,
        Duration progressInterval) {

    /**
     * 10,000 a stream and 200,000 in all (an apiserver has a few thousand); 100,000 events or 64 MiB, a fraction of a
     * second of full load.
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

    /** The default bounds shared out among groups, so that all of them together need no more memory than one alone. */
    public static WatchLimits shared(int groups, Duration progressInterval) {
        return new WatchLimits(
                Math.min(DEFAULT.watchersPerStreamMax, DEFAULT.watchersMax / groups),
                DEFAULT.watchersMax / groups,
                DEFAULT.eventsQueuedMax / groups,
                DEFAULT.bytesQueuedMax / groups,
                progressInterval);
    }
}
