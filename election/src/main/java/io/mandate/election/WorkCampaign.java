package io.mandate.election;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A campaign for a term in which work is to run, and for another one if that was too short. */
final class WorkCampaign extends Campaign {
    private final Candidate candidate;
    private final TermWork work;
    private final CompletableFuture<Void> result;
    private volatile @Nullable Run run;
    private volatile boolean abandoned;
    private volatile boolean done;
    private volatile boolean told;
    private volatile @Nullable Throwable failure;

    WorkCampaign(Candidate candidate, TermWork work) {
        super(candidate.threads());
        this.candidate = candidate;
        this.work = work;
        this.result = candidate.threads().afterWork();
        result.whenComplete((nothing, failed) -> {
            // By whoever asked: cancelled, or timed out.
            if (!told) {
                abandon();
            }
        });
    }

    CompletableFuture<Void> result() {
        return result;
    }

    /**
     * Nobody waits for the work any more: it is interrupted, and the election released when it has returned. From any
     * thread.
     */
    void abandon() {
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
        // The work may still write: it was interrupted, and whoever closes waits until it has returned.
    }

    @Override
    void withdraw() {
        // The work has the term.
    }

    @Override
    void tell() {
        told = true;
        Throwable why = failure;
        if (why != null) {
            result.completeExceptionally(why);
        } else if (done) {
            result.complete(null);
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
                work.run(term);
            } catch (Throwable failed) {
                thrown = failed;
            } finally {
                candidate.threads().left();
            }
            synchronized (this) {
                thread = null;
                // The thread is the executor's again, and the interruption was not meant for what it does next.
                Thread.interrupted();
            }
            if (thrown instanceof TermEndedException tooShort
                    && tooShort.reason().isEmpty()) {
                term.endIfEndangered();
            }
            candidate.workReturned(judge(thrown));
        }

        /**
         * Whether the campaign is over with this: what a term that was too short made fail is tried again in another
         * one.
         */
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

        /** Only while the work runs; the lock is held for no longer than this. */
        synchronized void interrupt() {
            over = true;
            if (thread != null) {
                thread.interrupt();
            }
        }
    }
}
