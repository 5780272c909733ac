package io.mandate.server.etcd.kv;

import io.mandate.server.raft.Replica;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Waits until this node has removed superseded data, for physical compactions. Thread-safe. */
public final class PhysicalCompaction {
    private static final long POLL_MILLIS = 20;

    private final Replica replica;
    private final ScheduledExecutorService scheduler;

    public PhysicalCompaction(Replica replica, ScheduledExecutorService scheduler) {
        this.replica = replica;
        this.scheduler = scheduler;
    }

    /** Completes when the history below {@code revision} has been removed on this node. */
    CompletableFuture<Void> trimmed(long revision) {
        CompletableFuture<Void> trimmed = new CompletableFuture<>();
        poll(revision, trimmed);
        return trimmed;
    }

    private void poll(long revision, CompletableFuture<Void> trimmed) {
        if (replica.keyspace().trimmedRevision() >= revision) {
            trimmed.complete(null);
        } else {
            scheduler.schedule(() -> poll(revision, trimmed), POLL_MILLIS, TimeUnit.MILLISECONDS);
        }
    }
}
