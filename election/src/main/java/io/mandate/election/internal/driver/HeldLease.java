package io.mandate.election.internal.driver;

import io.mandate.election.TermEnd;
import io.mandate.election.internal.session.Deadline;
import io.mandate.election.internal.time.Moment;

/** The lease of terms, readable by every thread. Written by the loop. */
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

    /** Why the deadline has passed, for a thread that sees it before the loop does. */
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
