package io.mandate.server.watch;

import io.mandate.keyspace.api.KeyRange;

/**
 * The options of a watch.
 *
 * @param startRevision the first revision to deliver; 0 for events after the creation
 * @param previousKeyValues whether events have the key-value before the change
 * @param puts whether puts are delivered
 * @param deletes whether deletes are delivered
 * @param progressNotify whether an idle watcher gets periodic progress notifications
 */
public record WatchSpec(
        KeyRange keys,
        long startRevision,
        boolean previousKeyValues,
        boolean puts,
        boolean deletes,
        boolean progressNotify) {}
