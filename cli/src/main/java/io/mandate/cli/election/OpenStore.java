package io.mandate.cli.election;

import io.mandate.election.store.LeaseStore;

/** A store that a command is connected to, and the addresses it was reached at. */
record OpenStore(LeaseStore store, String addresses) implements AutoCloseable {
    @Override
    public void close() {
        store.close();
    }
}
