package io.mandate.testkit;

import io.mandate.election.store.CasResult;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseGrant;
import io.mandate.election.store.LeaseStore;
import io.mandate.election.store.StoreException;
import io.mandate.election.store.StoreGuarantees;
import io.mandate.election.store.Watch;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * A store in this JVM's memory and in real time, for unit tests: see {@link SimulatedStore#inMemory()}. Keeps every
 * promise of {@link LeaseStore}; what it holds is gone with the last reference to it. Answers and watch calls come on a
 * daemon thread, which lives while the store has something to do. Thread-safe.
 */
public final class InMemoryStore implements LeaseStore {
    /** Watches of one connection: more have not been closed. */
    static final int WATCHES_MAX = 10_000;

    private static final StoreGuarantees GUARANTEES =
            new StoreGuarantees("the store in memory", StoreGuarantees.Expiry.STORE, 100, 1, true, true);

    private final RealTimeKeyspace keyspace;
    private final Set<Request<?>> underWay = ConcurrentHashMap.newKeySet();
    private final Set<Watch> watches = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    InMemoryStore() {
        this(new RealTimeKeyspace());
    }

    private InMemoryStore(RealTimeKeyspace keyspace) {
        this.keyspace = keyspace;
    }

    /** Another connection to the same keys and leases. */
    public InMemoryStore connect() {
        return new InMemoryStore(keyspace);
    }

    /** Makes the store break its promises. */
    public void plant(PlantedStoreFault fault) {
        keyspace.plant(fault);
    }

    @Override
    public StoreGuarantees guarantees() {
        return GUARANTEES;
    }

    @Override
    public CompletionStage<Optional<Entry>> read(String key) {
        RequestLimits.requireKey(key);
        return ask(() -> keyspace.keys().read(key, keyspace.nowNanos()));
    }

    @Override
    public CompletionStage<List<Entry>> list(String prefix, int limit) {
        RequestLimits.requirePrefix(prefix);
        RequestLimits.requireLimit(limit);
        return ask(() -> keyspace.keys().list(prefix, limit, keyspace.nowNanos()));
    }

    @Override
    public CompletionStage<CasResult> compareAndSet(String key, long expectedVersion, String value, long leaseId) {
        RequestLimits.requireWrite(key, expectedVersion, value);
        return ask(() -> keyspace.keys().compareAndSet(key, expectedVersion, value, leaseId, keyspace.nowNanos()));
    }

    @Override
    public CompletionStage<Boolean> delete(String key, long creation) {
        RequestLimits.requireKey(key);
        return ask(() -> keyspace.keys().delete(key, creation, keyspace.nowNanos()));
    }

    @Override
    public CompletionStage<LeaseGrant> grant(long ttlMillis) {
        RequestLimits.requireTtl(ttlMillis, GUARANTEES);
        return ask(() -> keyspace.grant(ttlMillis));
    }

    @Override
    public CompletionStage<Optional<Long>> renew(long leaseId) {
        return ask(() -> keyspace.keys().renew(leaseId, 0, keyspace.nowNanos()));
    }

    @Override
    public CompletionStage<Void> revoke(long leaseId) {
        return this.<Optional<Void>>ask(() -> {
                    keyspace.keys().revoke(leaseId, keyspace.nowNanos());
                    return Optional.empty();
                })
                .thenAccept(done -> {});
    }

    @Override
    public Watch watch(String prefix, Runnable changed) {
        RequestLimits.requirePrefix(prefix);
        if (closed) {
            return Watch.NONE;
        }
        if (watches.size() >= WATCHES_MAX) {
            throw new StoreException(WATCHES_MAX + " watches are open on a store in memory: close some");
        }
        RealTimeKeyspace.Watcher watcher = new RealTimeKeyspace.Watcher(prefix, changed);
        keyspace.add(watcher);
        Watch watch = new Watch() {
            @Override
            public void close() {
                watcher.close();
                keyspace.remove(watcher);
                watches.remove(this);
            }
        };
        watches.add(watch);
        if (closed) {
            watch.close();
        }
        return watch;
    }

    private <A> CompletionStage<A> ask(Supplier<A> effect) {
        Request<A> request = new Request<>(effect);
        underWay.add(request);
        if (closed) {
            fail(request);
        } else {
            keyspace.execute(() -> take(request));
        }
        return request.answer;
    }

    private <A> void take(Request<A> request) {
        if (closed || request.answer.isDone()) {
            return;
        }
        try {
            A value = request.effect.get();
            underWay.remove(request);
            request.answer.complete(value);
        } catch (StoreException refused) {
            underWay.remove(request);
            request.answer.completeExceptionally(refused);
        }
    }

    private void fail(Request<?> request) {
        underWay.remove(request);
        request.answer.completeExceptionally(
                new StoreException("this connection to the store in memory is closed: connect again"));
    }

    @Override
    public void close() {
        closed = true;
        watches.forEach(Watch::close);
        underWay.forEach(this::fail);
    }

    private static final class Request<A> {
        final Supplier<A> effect;
        final CompletableFuture<A> answer = new CompletableFuture<>();

        Request(Supplier<A> effect) {
            this.effect = effect;
        }
    }
}
