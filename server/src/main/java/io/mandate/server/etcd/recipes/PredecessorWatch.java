package io.mandate.server.etcd.recipes;

import io.mandate.keyspace.api.Event;
import io.mandate.keyspace.api.KeyRange;
import io.mandate.keyspace.api.KeyValue;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.TxnOperation;
import io.mandate.server.etcd.call.RetryingReadBarrier;
import io.mandate.server.raft.Replica;
import io.mandate.server.watch.WatchHub;
import io.mandate.server.watch.WatchSink;
import io.mandate.server.watch.WatchSpec;
import io.mandate.server.watch.WatchStream;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Waits until a key is first in its queue, as the recipes of etcd's concurrency package do: the keys with the same
 * prefix that were created earlier are ahead of it. Each waiter watches only the key just ahead of its own and checks
 * again when it is deleted, so that a deletion wakes one waiter. Thread-safe.
 */
final class PredecessorWatch {
    private final Replica replica;
    private final WatchHub hub;
    private final RetryingReadBarrier barrier;

    PredecessorWatch(Replica replica, WatchHub hub) {
        this.replica = replica;
        this.hub = hub;
        this.barrier = new RetryingReadBarrier(replica);
    }

    /**
     * Completes when no key in {@code keys} was created before {@code createRevision}. Cancelling the future ends the
     * wait.
     */
    CompletableFuture<Void> allDeleted(KeyRange keys, long createRevision) {
        CompletableFuture<Void> allDeleted = new CompletableFuture<>();
        check(keys, createRevision, allDeleted);
        return allDeleted;
    }

    private void check(KeyRange keys, long createRevision, CompletableFuture<Void> allDeleted) {
        barrier.passed(allDeleted).whenComplete((read, failure) -> {
            if (failure != null) {
                allDeleted.completeExceptionally(failure);
                return;
            }
            Outcome.Ranged newest = (Outcome.Ranged) replica.keyspace().range(newestBefore(keys, createRevision));
            if (newest.keyValues().isEmpty()) {
                allDeleted.complete(null);
            } else {
                KeyValue ahead = newest.keyValues().get(0);
                Deletion deletion = new Deletion(() -> check(keys, createRevision, allDeleted));
                deletion.watch(hub, ahead, newest.revision() + 1, allDeleted);
            }
        });
    }

    private static TxnOperation.Range newestBefore(KeyRange keys, long createRevision) {
        return new TxnOperation.Range(
                keys,
                0,
                1,
                TxnOperation.Range.SortOrder.DESCENDING,
                TxnOperation.Range.SortTarget.CREATE_REVISION,
                true,
                false,
                0,
                0,
                0,
                createRevision - 1);
    }

    /** Watches one key until it is deleted. */
    private static final class Deletion implements WatchSink {
        private final Runnable deleted;
        private final CompletableFuture<WatchStream> stream = new CompletableFuture<>();

        Deletion(Runnable deleted) {
            this.deleted = deleted;
        }

        void watch(WatchHub hub, KeyValue key, long fromRevision, CompletableFuture<Void> allDeleted) {
            WatchStream opened = hub.open(this);
            stream.complete(opened);
            allDeleted.whenComplete((done, failure) -> opened.close());
            if (!opened.create(0, new WatchSpec(KeyRange.single(key.key()), fromRevision, false, false, true, false))) {
                allDeleted.completeExceptionally(new IllegalStateException("etcdserver: too many requests"));
            }
        }

        private void end() {
            stream.thenAccept(WatchStream::close);
            deleted.run();
        }

        @Override
        public boolean isReady() {
            return true;
        }

        @Override
        public void events(long watchId, long revision, List<Event> events) {
            end();
        }

        /** The events to watch were compacted: check again. */
        @Override
        public void compacted(long watchId, long compactedRevision) {
            end();
        }

        @Override
        public void created(long watchId, long storeRevision) {}

        @Override
        public void progress(long watchId, long revision) {}

        @Override
        public void streamProgress(long revision) {}

        @Override
        public void canceled(long watchId, long storeRevision) {}
    }
}
