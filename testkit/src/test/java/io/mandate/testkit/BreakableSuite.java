package io.mandate.testkit;

import io.mandate.election.store.LeaseStore;
import java.time.Duration;
import java.util.function.UnaryOperator;

/** The suite on a store in memory whose connections break a promise. */
final class BreakableSuite extends StoreConformance {
    final InMemoryStore memory = SimulatedStore.inMemory();
    private final UnaryOperator<LeaseStore> breaking;

    BreakableSuite(UnaryOperator<LeaseStore> breaking) {
        this.breaking = breaking;
    }

    @Override
    protected LeaseStore connect() {
        return breaking.apply(memory.connect());
    }

    /** A store in memory answers within microseconds, so that what has not come by then never comes. */
    @Override
    protected Duration patience() {
        return Duration.ofSeconds(2);
    }
}
