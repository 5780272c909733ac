package io.mandate.election.internal.driver;

import io.mandate.election.TermEndedException;
import io.mandate.election.TermWork;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A campaign for a term in which work runs, and for another term if that one ended before the work returned.
 *
 * @param <T> the result of the work
 */
public final class WorkCampaign<T extends @Nullable Object> extends Campaign {
    private final Candidate candidate;
    private final TermWork<T> work;
    private final CompletableFuture<T> result;
    private volatile @Nullable Run run;
    private volatile boolean abandoned;
    private volatile boolean done;
    private volatile boolean completed;
    private volatile @Nullable T value;
    private volatile @Nullable Throwable failure;

    WorkCampaign(Candidate candidate, TermWork<T> work) {
        super(candidate.threads());
        this.candidate = candidate;
        this.work = work;
        this.result = candidate.threads().afterWork();
        result.whenComplete((returned, failed) -> {
            // By the caller: cancelled, or timed out.
            if (!completed) {
                abandon();
            }
        });
    }

    /** The result of the work, once the candidate has left the election. Cancelling it interrupts the work. */
    public CompletableFuture<T> result() {
        return result;
    }

    /** Interrupts the work, and releases the election when it has returned. From any thread. */
    public void abandon() {
        abandoned = true;
        candidate.abandon(this);
        ended();
    }

    @Override
    void began(HeldTerm term) {
        Run begun = new Run(term);
        done = false;
        run = begun;
        candidate.workers().execute(begun);
    }

    @Override
    void ended() {
        Run running = run;
        if (running != null) {
            running.interrupt();
        }
    }

    @Override
    void drainOverdue() {
        ended();
    }

    @Override
    void closeOverdue() {
        // The work may still write: it was interrupted, and close() waits until it has returned.
    }

    @Override
    void withdraw() {
        // The work has the term.
    }

    @Override
    void complete() {
        completed = true;
        Throwable why = failure;
        if (why != null) {
            result.completeExceptionally(why);
        } else if (done) {
            result.complete(value);
        } else {
            result.completeExceptionally(
                    new CancellationException("the candidate left the election before its work was done"));
        }
    }

    /** The work under one term, on a worker's thread. */
    private final class Run implements Runnable {
        private final HeldTerm term;
        private @Nullable Thread thread;
        private boolean over;

        Run(HeldTerm term) {
            this.term = term;
        }

        @Override
        public void run() {
            synchronized (this) {
                thread = Thread.currentThread();
                if (over || abandoned) {
                    thread.interrupt();
                }
            }
            Throwable thrown = null;
            candidate.threads().entered();
            try {
                value = work.run(term.term());
            } catch (Throwable failed) {
                thrown = failed;
            } finally {
                candidate.threads().left();
            }
            synchronized (this) {
                thread = null;
                // The thread is the executor's again, and the interruption was not meant for its next task.
                Thread.interrupted();
            }
            if (thrown instanceof TermEndedException tooShort
                    && tooShort.reason().isEmpty()) {
                term.endIfEndangered();
            }
            candidate.workReturned(judge(thrown));
        }

        /** Whether the campaign is over: work that failed because its term was too short runs again in another one. */
        private boolean judge(@Nullable Throwable thrown) {
            if (term.isOver() || thrown instanceof TermEndedException) {
                return false;
            }
            if (thrown == null && term.wasAskedToResign()) {
                done = true;
                return false;
            }
            done = thrown == null;
            failure = thrown;
            return true;
        }

        /** Interrupts the work if it runs; the lock is held for no longer than this. */
        synchronized void interrupt() {
            over = true;
            if (thread != null) {
                thread.interrupt();
            }
        }
    }
}
