package io.mandate.testkit;

import io.mandate.election.store.LeaseStore;
import java.util.ArrayList;
import java.util.List;

/**
 * A store in memory for one test, as {@link ElectionExtension} hands it out: one connection for each simulated process,
 * each of which can be paused. Thread-safe.
 */
public final class MandateStore implements AutoCloseable {
    /** Processes that one test can simulate. */
    private static final int CONNECTIONS_MAX = 1_000;

    private final InMemoryStore memory = SimulatedStore.inMemory();
    private final List<PausableStore> connections = new ArrayList<>();

    MandateStore() {}

    /** A connection for another process. Closed with the test. */
    public synchronized PausableStore connect() {
        if (connections.size() >= CONNECTIONS_MAX) {
            throw new IllegalStateException(CONNECTIONS_MAX + " connections are open in one test: use fewer processes");
        }
        PausableStore connection = new PausableStore(memory.connect());
        connections.add(connection);
        return connection;
    }

    /** For what an operator does, and for looking: never paused. */
    public LeaseStore operator() {
        return memory;
    }

    @Override
    public synchronized void close() {
        connections.forEach(PausableStore::close);
        memory.close();
    }
}
