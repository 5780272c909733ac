package io.mandate.election;

import io.mandate.election.session.Deadline;
import io.mandate.election.session.TermEnd;
import io.mandate.election.time.Moment;

/** The lease that terms hang on, as every thread may look at it. Written by the loop. */
final class HeldLease {
    private final long id;
    private final long standstillNanos;
    private volatile Deadline deadline;
    private volatile boolean endangered;
    private volatile Moment lastTurn;

    /** @param standstillNanos after which without a turn of the loop this process has stood still */
    HeldLease(long id, Deadline deadline, Moment granted, long standstillNanos) {
        this.id = id;
        this.deadline = deadline;
        this.lastTurn = granted;
        this.standstillNanos = standstillNanos;
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

    void turned(Moment now) {
        lastTurn = now;
    }

    /** Why the deadline has passed, for whoever sees it before the loop does. */
    TermEnd whyOver(Moment now) {
        boolean paused = deadline.passedInSuspension(now) || now.nanosSince(lastTurn) > standstillNanos;
        return paused ? TermEnd.PAUSED : TermEnd.STORE_UNREACHABLE;
    }

    void endanger() {
        endangered = true;
    }

    /** Whether it has not been renewed for two thirds of its time. */
    boolean isEndangered() {
        return endangered;
    }
}
