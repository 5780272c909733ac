package io.mandate.testkit;

import io.mandate.election.store.CasResult;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseGrant;
import io.mandate.election.store.LeaseStore;
import io.mandate.election.store.StoreGuarantees;
import io.mandate.election.store.Watch;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Hands everything on: for tests that change one thing. As thread-safe as what it hands on to. */
public class ForwardingStore implements LeaseStore {
    protected final LeaseStore inner;

    /** @param inner closed with this */
    public ForwardingStore(LeaseStore inner) {
        this.inner = inner;
    }

    @Override
    public StoreGuarantees guarantees() {
        return inner.guarantees();
    }

    @Override
    public CompletionStage<Optional<Entry>> read(String key) {
        return inner.read(key);
    }

    @Override
    public CompletionStage<List<Entry>> list(String prefix, int limit) {
        return inner.list(prefix, limit);
    }

    @Override
    public CompletionStage<CasResult> compareAndSet(String key, long expectedVersion, String value, long leaseId) {
        return inner.compareAndSet(key, expectedVersion, value, leaseId);
    }

    @Override
    public CompletionStage<Boolean> delete(String key, long creation) {
        return inner.delete(key, creation);
    }

    @Override
    public CompletionStage<LeaseGrant> grant(long ttlMillis) {
        return inner.grant(ttlMillis);
    }

    @Override
    public CompletionStage<Optional<Long>> renew(long leaseId) {
        return inner.renew(leaseId);
    }

    @Override
    public CompletionStage<Void> revoke(long leaseId) {
        return inner.revoke(leaseId);
    }

    @Override
    public Watch watch(String prefix, Runnable changed) {
        return inner.watch(prefix, changed);
    }

    @Override
    public void close() {
        inner.close();
    }
}
