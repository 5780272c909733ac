package io.mandate.verify.simulation;

import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseGrant;
import io.mandate.election.store.LeaseStore;
import io.mandate.election.store.StoreGuarantees;
import io.mandate.election.store.Swap;
import io.mandate.election.store.Watch;
import io.mandate.election.time.Moment;
import io.mandate.election.time.Scheduler;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * Makes a holder count from the answer: each renewal is said to last for as much longer as its answer took. The session adds that to when it sent the request.
 */
final class MistakenStore implements LeaseStore {
    private final LeaseStore store;
    private final Scheduler clocks;

    MistakenStore(LeaseStore store, Scheduler clocks) {
        this.store = store;
        this.clocks = clocks;
    }

    @Override
    public CompletionStage<Optional<Long>> renew(long leaseId) {
        Moment sent = clocks.now();
        return store.renew(leaseId)
                .thenApply(ttl -> ttl.map(millis -> millis + clocks.now().nanosSince(sent) / 1_000_000));
    }

    @Override
    public StoreGuarantees guarantees() {
        return store.guarantees();
    }

    @Override
    public CompletionStage<Optional<Entry>> read(String key) {
        return store.read(key);
    }

    @Override
    public CompletionStage<List<Entry>> list(String prefix, int limit) {
        return store.list(prefix, limit);
    }

    @Override
    public CompletionStage<Swap> compareAndSet(String key, long expectedVersion, String value, long leaseId) {
        return store.compareAndSet(key, expectedVersion, value, leaseId);
    }

    @Override
    public CompletionStage<Boolean> delete(String key, long creation) {
        return store.delete(key, creation);
    }

    @Override
    public CompletionStage<LeaseGrant> grant(long ttlMillis) {
        return store.grant(ttlMillis);
    }

    @Override
    public CompletionStage<Void> revoke(long leaseId) {
        return store.revoke(leaseId);
    }

    @Override
    public Watch watch(String prefix, Runnable changed) {
        return store.watch(prefix, changed);
    }

    @Override
    public void close() {
        store.close();
    }
}
