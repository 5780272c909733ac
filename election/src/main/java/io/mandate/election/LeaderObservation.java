package io.mandate.election;

import io.mandate.election.internal.driver.Observer;

/** An observer that {@link Election#observe} registered, until it is closed. Thread-safe. */
public final class LeaderObservation implements AutoCloseable {
    private final Observer observer;

    LeaderObservation(Observer observer) {
        this.observer = observer;
    }

    /** No call begins after this has returned. */
    @Override
    public void close() {
        observer.close();
    }
}
