package io.mandate.testkit;

import io.mandate.election.store.Watch;

/** A watch of one simulated connection. Calls are hints, so several changes may give one call. */
final class SimulatedWatch implements Watch {
    private final SimulatedStore store;
    private final SimulatedConnection connection;
    private final String prefix;
    private final Runnable changed;
    private boolean callPlanned;
    private boolean closed;

    SimulatedWatch(SimulatedStore store, SimulatedConnection connection, String prefix, Runnable changed) {
        this.store = store;
        this.connection = connection;
        this.prefix = prefix;
        this.changed = changed;
    }

    void changed(String key) {
        if (key.startsWith(prefix) && !store.happens(store.faults().watchCallsLost())) {
            callOnceWhenPossible();
        }
    }

    /** Also after the connection or the watches were disturbed: what changed meanwhile was not seen. */
    void callOnceWhenPossible() {
        if (!callPlanned && !closed) {
            callPlanned = true;
            store.time().after(store.latencyNanos(), this::arrive);
        }
    }

    private void arrive() {
        long possibleNanos = Math.max(store.watchesStalledUntilNanos(), connection.partitionedUntilNanos());
        long waitNanos = possibleNanos - store.time().nanos();
        if (waitNanos > 0) {
            store.time().after(waitNanos, this::arrive);
            return;
        }
        callPlanned = false;
        connection.process().deliver(() -> {
            if (!closed) {
                changed.run();
            }
        });
    }

    @Override
    public void close() {
        closed = true;
        store.remove(this);
        connection.forget(this);
    }
}
