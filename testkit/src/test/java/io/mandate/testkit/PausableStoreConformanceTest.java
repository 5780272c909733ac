package io.mandate.testkit;

import io.mandate.election.store.LeaseStore;

/** A connection that is not paused is as good as what it connects to. */
class PausableStoreConformanceTest extends StoreConformance {
    private final InMemoryStore memory = SimulatedStore.inMemory();

    @Override
    protected LeaseStore connect() {
        return new PausableStore(memory.connect());
    }
}
