package io.mandate.server.etcd;

import io.mandate.keyspace.Event;
import io.mandate.keyspace.KeyRange;
import io.mandate.keyspace.KeyValue;
import io.mandate.keyspace.Outcome;
import io.mandate.keyspace.TxnOperation;
import io.mandate.server.raft.Replica;
import io.mandate.server.watch.WatchHub;
import io.mandate.server.watch.WatchSink;
import io.mandate.server.watch.WatchSpec;
import io.mandate.server.watch.WatchStream;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Waits in line, as the recipes of etcd's concurrency package do: of all keys with a prefix, those created before one's
 * own are ahead; each waits only for the one just ahead to be deleted, and then looks again, so that nobody is woken in
 * vain. Thread-safe.
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
    CompletableFuture<Void> gone(KeyRange keys, long createRevision) {
        CompletableFuture<Void> gone = new CompletableFuture<>();
        look(keys, createRevision, gone);
        return gone;
    }

    private void look(KeyRange keys, long createRevision, CompletableFuture<Void> gone) {
        barrier.passed(gone).whenComplete((read, failure) -> {
            if (failure != null) {
                gone.completeExceptionally(failure);
                return;
            }
            Outcome.Ranged newest = (Outcome.Ranged) replica.keyspace().range(newestBefore(keys, createRevision));
            if (newest.keyValues().isEmpty()) {
                gone.complete(null);
            } else {
                KeyValue ahead = newest.keyValues().get(0);
                Deletion deletion = new Deletion(() -> look(keys, createRevision, gone));
                deletion.await(hub, ahead, newest.revision() + 1, gone);
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

        void await(WatchHub hub, KeyValue key, long fromRevision, CompletableFuture<Void> gone) {
            WatchStream opened = hub.open(this);
            stream.complete(opened);
            gone.whenComplete((done, failure) -> opened.close());
            if (!opened.create(0, new WatchSpec(KeyRange.single(key.key()), fromRevision, false, false, true, false))) {
                gone.completeExceptionally(new IllegalStateException("etcdserver: too many requests"));
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

        /** Compaction has taken what was to be watched: look again. */
        @Override
        public void overtaken(long watchId, long compactedRevision) {
            end();
        }

        @Override
        public void created(long watchId, long storeRevision) {}

        @Override
        public void progress(long watchId, long revision) {}

        @Override
        public void progressOfAll(long revision) {}

        @Override
        public void canceled(long watchId, long storeRevision) {}
    }
}
