package io.mandate.election;

import io.mandate.election.session.Deadline;

/** The lease that terms hang on, as every thread may look at it. Written by the loop. */
final class Lease {
    private final long id;
    private volatile Deadline deadline;

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
    }
}
