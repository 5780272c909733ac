package io.mandate.server.watch;

import io.mandate.keyspace.KeyRange;

/**
 * What a watcher wants to be told.
 *
 * @param startRevision the first revision wanted; 0 for what happens from now on
 * @param previousKeyValues whether events shall carry the key as it was before
 * @param puts whether puts are wanted
 * @param deletes whether deletes are wanted
 * @param progressNotify whether the watcher is told from time to time how far it is, when nothing happens
 */
public record WatchSpec(
        KeyRange keys,
        long startRevision,
        boolean previousKeyValues,
        boolean puts,
        boolean deletes,
        boolean progressNotify) {}
