package io.mandate.testkit;

import io.mandate.election.store.LeaseStore;

class InMemoryStoreConformanceTest extends StoreConformance {
    private final InMemoryStore memory = SimulatedStore.inMemory();

    @Override
    protected LeaseStore connect() {
        return memory.connect();
    }
}
