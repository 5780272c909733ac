package io.mandate.election;

import io.mandate.election.session.Deadline;

/** The lease that terms hang on, as every thread may look at it. Written by the loop. */
final class Lease {
    private final long id;
    private volatile Deadline deadline;
    private volatile boolean endangered;

    Lease(long id, Deadline deadline) {
        this.id = id;
        this.deadline = deadline;
    }

    long id() {
        return id;
    }

    Deadline deadline() {
        return deadline;
    }

    void extend(Deadline later) {
        deadline = later;
        endangered = false;
    }

    void endanger() {
        endangered = true;
    }

    /** Whether it has not been renewed for two thirds of its time. */
    boolean isEndangered() {
        return endangered;
    }
}
