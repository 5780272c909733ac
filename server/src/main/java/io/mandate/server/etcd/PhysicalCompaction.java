package io.mandate.server.etcd;

import io.mandate.server.raft.Replica;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Waits until superseded data are really gone on this node, for those who ask for a physical compaction. Thread-safe.
 */
final class PhysicalCompaction {
    private static final long LOOK_MILLIS = 20;

    private final Replica replica;
    private final ScheduledExecutorService scheduler;

    PhysicalCompaction(Replica replica, ScheduledExecutorService scheduler) {
        this.replica = replica;
        this.scheduler = scheduler;
    }

    CompletableFuture<Void> reached(long revision) {
        CompletableFuture<Void> reached = new CompletableFuture<>();
        look(revision, reached);
        return reached;
    }

    private void look(long revision, CompletableFuture<Void> reached) {
        if (replica.keyspace().trimmedRevision() >= revision) {
            reached.complete(null);
        } else {
            scheduler.schedule(() -> look(revision, reached), LOOK_MILLIS, TimeUnit.MILLISECONDS);
        }
    }
}
