package io.mandate.testkit;

import io.mandate.election.internal.store.BatchLimits;
import io.mandate.election.internal.time.Scheduler;
import io.mandate.election.store.CasResult;
import io.mandate.election.store.ConditionalDelete;
import io.mandate.election.store.ConditionalPut;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseGrant;
import io.mandate.election.store.LeaseStore;
import io.mandate.election.store.StoreException;
import io.mandate.election.store.StoreGuarantees;
import io.mandate.election.store.Watch;
import io.mandate.testkit.time.VirtualScheduler;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One simulated process' connection to a {@link SimulatedStore}: what is sent through it meets with that store's
 * faults. Confined to the timeline's thread.
 */
public final class SimulatedConnection implements LeaseStore {
    /** Requests under way: more are a client that asks faster than it gives up. */
    static final int REQUESTS_MAX = 10_000;

    private final SimulatedStore store;
    private final VirtualScheduler process;
    private final Set<Request<?>> underWay = new LinkedHashSet<>();
    private final Set<SimulatedWatch> watches = new LinkedHashSet<>();
    private long partitionedUntilNanos;
    private boolean closed;

    SimulatedConnection(SimulatedStore store, VirtualScheduler process) {
        this.store = store;
        this.process = process;
    }

    /**
     * Nothing gets through for so long, neither way. Of what is sent meanwhile a part is lost, and a part gets through
     * after it, as what a network has buffered does.
     */
    public void partition(Duration duration) {
        partitionedUntilNanos = Math.max(partitionedUntilNanos, now() + duration.toNanos());
        watches.forEach(SimulatedWatch::callOnceWhenPossible);
    }

    long partitionedUntilNanos() {
        return partitionedUntilNanos;
    }

    VirtualScheduler process() {
        return process;
    }

    private long now() {
        return store.time().nanos();
    }

    @Override
    public StoreGuarantees guarantees() {
        return SimulatedStore.GUARANTEES;
    }

    @Override
    public CompletionStage<Optional<Entry>> read(String key) {
        RequestLimits.requireKey(key);
        return ask(() -> store.keyspace().read(key, now()));
    }

    @Override
    public CompletionStage<List<Entry>> list(String prefix, int limit) {
        RequestLimits.requirePrefix(prefix);
        RequestLimits.requireLimit(limit);
        return ask(() -> store.keyspace().list(prefix, limit, now()));
    }

    @Override
    public CompletionStage<CasResult> compareAndSet(String key, long expectedVersion, String value, long leaseId) {
        RequestLimits.requireWrite(key, expectedVersion, value);
        return ask(() -> store.keyspace().compareAndSet(key, expectedVersion, value, leaseId, now()));
    }

    @Override
    public CompletionStage<Boolean> delete(String key, long creation) {
        RequestLimits.requireKey(key);
        return ask(() -> store.keyspace().delete(key, creation, now()));
    }

    /** One request, that gets through or is lost as a whole; so are the other batches. */
    @Override
    public CompletionStage<List<Optional<Entry>>> readAll(List<String> keys) {
        BatchLimits.requireSize(keys.size());
        keys.forEach(RequestLimits::requireKey);
        return ask(() ->
                keys.stream().map(key -> store.keyspace().read(key, now())).toList());
    }

    @Override
    public CompletionStage<List<List<Entry>>> listAll(List<String> prefixes, int limit) {
        BatchLimits.requireSize(prefixes.size());
        prefixes.forEach(RequestLimits::requirePrefix);
        RequestLimits.requireLimit(limit);
        return ask(() -> prefixes.stream()
                .map(prefix -> store.keyspace().list(prefix, limit, now()))
                .toList());
    }

    @Override
    public CompletionStage<List<CasResult>> compareAndSetAll(List<ConditionalPut> changes, long leaseId) {
        BatchLimits.requireWrites(changes.stream().map(ConditionalPut::key).toList());
        changes.forEach(change -> RequestLimits.requireWrite(change.key(), change.expectedVersion(), change.value()));
        return ask(() -> changes.stream()
                .map(change -> store.keyspace()
                        .compareAndSet(change.key(), change.expectedVersion(), change.value(), leaseId, now()))
                .toList());
    }

    @Override
    public CompletionStage<List<Boolean>> deleteAll(List<ConditionalDelete> removals) {
        BatchLimits.requireWrites(removals.stream().map(ConditionalDelete::key).toList());
        removals.forEach(removal -> RequestLimits.requireKey(removal.key()));
        return ask(() -> removals.stream()
                .map(removal -> store.keyspace().delete(removal.key(), removal.creation(), now()))
                .toList());
    }

    @Override
    public CompletionStage<LeaseGrant> grant(long ttlMillis) {
        RequestLimits.requireTtl(ttlMillis, guarantees());
        return ask(() -> store.grant(ttlMillis));
    }

    @Override
    public CompletionStage<Optional<Long>> renew(long leaseId) {
        return ask(() -> store.renew(leaseId));
    }

    @Override
    public CompletionStage<Void> revoke(long leaseId) {
        return this.<Optional<Void>>ask(() -> {
                    store.keyspace().revoke(leaseId, now());
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
        SimulatedWatch watch = new SimulatedWatch(store, this, prefix, changed);
        watches.add(watch);
        store.add(watch);
        watch.callOnceWhenPossible();
        return watch;
    }

    void forget(SimulatedWatch watch) {
        watches.remove(watch);
    }

    private <A> CompletionStage<A> ask(Supplier<A> effect) {
        if (closed) {
            return CompletableFuture.failedFuture(
                    new StoreException("the connection of " + process + " to the simulated store is closed"));
        }
        if (underWay.size() >= REQUESTS_MAX) {
            return CompletableFuture.failedFuture(new StoreException(
                    REQUESTS_MAX + " requests of " + process + " to the simulated store are under way: wait for some"));
        }
        Request<A> request = new Request<>(effect);
        underWay.add(request);
        long timeoutNanos = store.faults().timeoutNanos();
        request.timeout = store.time()
                .after(timeoutNanos, () -> fail(request, "no answer within " + timeoutNanos / 1_000_000 + " ms"));
        send(request);
        return request.answer;
    }

    private <A> void send(Request<A> request) {
        StoreFaults faults = store.faults();
        StoreFaults.Lateness lateness = faults.lateness();
        if (store.happens(faults.loss().requests())) {
            lose(request);
            return;
        }
        boolean answered = !store.happens(faults.loss().answers());
        long delayNanos =
                store.happens(lateness.requests()) ? store.nanosUpTo(lateness.nanosMax()) : store.latencyNanos();
        store.time().after(delayNanos, () -> arrive(request, answered));
        // Once more only if the caller learns nothing of the first time: an operation that is answered has taken effect
        // once.
        if (!answered && store.happens(lateness.twice())) {
            store.time().after(store.nanosUpTo(lateness.nanosMax()), () -> arrive(request, false));
        }
    }

    private <A> void arrive(Request<A> request, boolean answered) {
        if (store.isAway()) {
            lose(request);
        } else if (now() < partitionedUntilNanos) {
            holdUp(request, () -> arrive(request, answered));
        } else {
            takeEffect(request, answered);
        }
    }

    private <A> void takeEffect(Request<A> request, boolean answered) {
        A value;
        try {
            value = request.effect.get();
        } catch (StoreException refused) {
            fail(request, String.valueOf(refused.getMessage()));
            return;
        }
        if (answered) {
            store.time().after(store.latencyNanos(), () -> answer(request, value));
        } else {
            lose(request);
        }
    }

    private <A> void answer(Request<A> request, A value) {
        if (now() < partitionedUntilNanos) {
            holdUp(request, () -> answer(request, value));
        } else {
            process.deliver(() -> {
                settle(request);
                request.answer.complete(value);
            });
        }
    }

    private void holdUp(Request<?> request, Runnable again) {
        if (store.happens(0.5)) {
            lose(request);
        } else {
            store.time().after(partitionedUntilNanos - now() + store.latencyNanos(), again);
        }
    }

    /** The caller hears of a broken connection, or nothing until it gives up. */
    private void lose(Request<?> request) {
        if (store.happens(0.5)) {
            store.time().after(store.latencyNanos(), () -> fail(request, "the connection broke"));
        }
    }

    private void fail(Request<?> request, String why) {
        if (request.answer.isDone()) {
            return;
        }
        process.deliver(() -> {
            settle(request);
            request.answer.completeExceptionally(new StoreException("request of " + process
                    + " to the simulated store: " + why + "; whether it took effect is unknown: look"));
        });
    }

    private void settle(Request<?> request) {
        underWay.remove(request);
        if (request.timeout != null) {
            request.timeout.cancel();
        }
    }

    @Override
    public void close() {
        closed = true;
        List.copyOf(watches).forEach(SimulatedWatch::close);
        List.copyOf(underWay).forEach(request -> fail(request, "the connection was closed"));
    }

    private static final class Request<A> {
        final Supplier<A> effect;
        final CompletableFuture<A> answer = new CompletableFuture<>();
        Scheduler.@Nullable Timer timeout;

        Request(Supplier<A> effect) {
            this.effect = effect;
        }
    }
}
