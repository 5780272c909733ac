package io.mandate.election.internal.driver;

import io.mandate.election.internal.session.SessionOptions;
import io.mandate.election.internal.store.CheckedStore;
import io.mandate.election.internal.time.Scheduler;
import io.mandate.election.internal.time.SystemScheduler;
import io.mandate.election.store.LeaseStore;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The loops of this process: one for each store and time to live, for as long as an election uses it. Thread-safe. */
final class StoreLoops {
    private static final StoreLoops SHARED = new StoreLoops();
    private static final AtomicLong LOOPS = new AtomicLong();

    /** Stores are compared by identity: two clients of one cluster are two stores. */
    private record Key(int storeIdentity, LeaseStore store, SessionOptions options) {
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Key key && key.store == store && key.options.equals(options);
        }

        @Override
        public int hashCode() {
            return 31 * storeIdentity + options.hashCode();
        }
    }

    private static final class Shared {
        final StoreLoop loop;
        int users;

        Shared(StoreLoop loop) {
            this.loop = loop;
        }
    }

    private final Map<Key, Shared> loops = new HashMap<>();

    static StoreLoops shared() {
        return SHARED;
    }

    private static Key key(LeaseStore store, SessionOptions options) {
        LeaseStore handedIn = CheckedStore.handedIn(store);
        return new Key(System.identityHashCode(handedIn), handedIn, options);
    }

    /** The loop of a store; to be released as often as it was asked for. */
    synchronized StoreLoop use(LeaseStore store, SessionOptions options, @Nullable Scheduler ofTest, long seed) {
        Shared shared = loops.computeIfAbsent(key(store, options), unused -> {
            Scheduler scheduler =
                    ofTest == null ? new SystemScheduler("mandate-loop-" + LOOPS.incrementAndGet()) : ofTest;
            return new Shared(new StoreLoop(store, options, scheduler, seed));
        });
        shared.users++;
        return shared.loop;
    }

    /** Completes when, if nobody uses the loop any more, its lease has been given back. */
    synchronized CompletableFuture<Void> release(LeaseStore store, SessionOptions options) {
        Key key = key(store, options);
        Shared shared = loops.get(key);
        if (shared == null || --shared.users > 0) {
            return CompletableFuture.completedFuture(null);
        }
        loops.remove(key);
        return shared.loop.close();
    }
}
